library(survival)
library(ggsurvfit)
# data come from the project view, nothing is stored here
d <- read.csv("data/patients.csv") |> subset(transplant == 1 & donor != "cord")
fit <- survfit(Surv(died_days / 365.25, died) ~ donor, data = d)
print(summary(fit, times = 0:5), digits = 2)
coxph(Surv(died_days, died) ~ age + hctci + donor, data = d)
stopifnot(nrow(d) > 100)   # small-number rule of the registry: 10
