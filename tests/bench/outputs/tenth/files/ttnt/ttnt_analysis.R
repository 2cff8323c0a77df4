## TTNT, primary analysis. Data are read inside the workspace only.
library(survival)
d <- read.csv("patients.csv")
d <- subset(d, disease == "multiple myeloma")
d$iss <- relevel(factor(d$iss), ref = "I")
cuts <- c(0, 365, 730, 1095, 1460, 1825, 2190)   # years, so that no step is one person
age_bands <- c(18, 50, 60, 70, 80, 110)
f <- Surv(progressed_days, progressed) ~ iss + del17p + t414 + I(age / 10)
m <- coxph(f, data = d)
stopifnot(m$nevent >= 10 * length(coef(m)))
print(summary(m)$conf.int, digits = 3)
