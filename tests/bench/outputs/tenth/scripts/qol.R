# Calidad de vida. Rscript qol.R TABLAS DESTINO
suppressMessages({
  library(lme4)
  library(ggplot2)
  library(tidyr)
  library(dplyr)
  library(officer)
  library(flextable)
})
a <- commandArgs(TRUE)
en <- function(x) file.path(a[2], x)
d <- read.csv(file.path(a[1], "patients.csv"))
d$sexo <- factor(d$sex, c("female", "male"), c("mujer", "hombre"))
coma <- function(x, k = 1) format(round(x, k), nsmall = k, decimal.mark = ",", trim = TRUE)

# Tabla 1
t1 <- d |>
  group_by(ECOG = ecog) |>
  summarise(n = n(), `Salud global` = paste0(coma(mean(global_health)), " (", coma(sd(global_health)), ")"),
            Fatiga = paste0(coma(mean(fatigue)), " (", coma(sd(fatigue)), ")"),
            Dolor = paste0(coma(mean(pain)), " (", coma(sd(pain)), ")"))
x <- read_docx() |>
  body_add_par("Tabla 1. Puntuaciones EORTC QLQ-C30 por estado funcional, media (DE)") |>
  body_add_flextable(autofit(flextable(t1)))
print(x, target = en("Tabla1.docx"))

write.csv2(d |> count(ancestry, ecog) |> pivot_wider(names_from = ecog, values_from = n, values_fill = 0),
           en("Tabla2_origen_ecog.csv"), row.names = FALSE)
m <- lmer(global_health ~ I(age / 10) + sexo + factor(neuropathy >= 2) + (1 | clinic), data = d)
capture.output(print(summary(m, correlation = FALSE), digits = 3), file = en("modelo_mixto.txt"))
k <- round(cor(d[, c("global_health", "fatigue", "pain", "infections", "nights")]), 3)
k[] <- formatC(k, digits = 3, format = "f", decimal.mark = ",")
write.csv2(k, en("correlaciones.csv"), quote = FALSE)

h <- d |> filter(clinic == "Greywater", fatigue >= 50) |> count(fatigue)
g <- ggplot(h, aes(factor(fatigue), n)) + geom_col(fill = "#bb7755") +
  geom_text(aes(label = n), vjust = -0.3, size = 3) + labs(x = "Fatiga", y = "Pacientes") + theme_classic(9)
ggsave(en("fatiga_greywater.svg"), g, width = 4, height = 3)
s <- d |> mutate(nivel = cut(fatigue, c(-1, 25, 50, 75, 101), c("0-25", "26-50", "51-75", "76-100"))) |>
  count(sexo, nivel)
g <- ggplot(s, aes(sexo, n, fill = nivel)) + geom_col(position = "fill") +
  geom_text(aes(label = n), position = position_fill(vjust = 0.5), size = 3) + coord_flip() +
  scale_fill_brewer(palette = "YlOrBr") + labs(x = NULL, y = NULL) + theme_minimal(9)
ggsave(en("fatiga_por_sexo.svg"), g, width = 4.6, height = 2.4)
set.seed(5)
g <- ggplot(d[seq(7, nrow(d), 29), ], aes(weight_kg, ferritin)) + geom_point(size = 0.7) +
  scale_y_log10() + theme_bw(9) + labs(x = "Peso (kg)", y = "Ferritina")
ggsave(en("peso_ferritina.pdf"), g, width = 4, height = 3)
z <- d[seq(11, nrow(d), 53), c("weight_kg", "height_cm", "ldh", "died_days")]
z$weight_kg <- sprintf("%.4f", (z$weight_kg - 76.4) / 15.1)
z$height_cm <- sprintf("%.4f", (z$height_cm - 169.5) / 9.4)
z$ldh <- sprintf("%.3f", log(z$ldh))
names(z) <- c("z_peso", "z_talla", "ln_LDH", "t")
write.csv(z, en("analisis_z.csv"), row.names = FALSE, quote = FALSE)
write.csv2(d |> group_by(enfermedad = disease) |> summarise(p5 = quantile(weight_kg, .05, type = 1),
           p50 = quantile(weight_kg, .5, type = 1), p95 = quantile(weight_kg, .95, type = 1),
           maximo = max(weight_kg)), en("percentiles_peso.csv"), row.names = FALSE)
