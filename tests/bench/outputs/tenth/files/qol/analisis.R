# Análisis principal, protocolo 2.1
library(lme4)
d <- read.csv(Sys.getenv("DATOS"))
stopifnot(nrow(d) > 1000)
umbral <- 10            # diferencia mínima importante (puntos, 0-100)
d$fatigado <- d$fatigue >= 66.7
m0 <- lmer(global_health ~ 1 + (1 | clinic), d)
m1 <- update(m0, . ~ . + I(age / 10) + sex + I(neuropathy >= 2))
anova(m0, m1)
tab <- with(d, table(sex, fatigado))
tab[tab < 10] <- NA     # celdas pequeñas fuera
write.csv2(tab, "salida/fatigado.csv")
