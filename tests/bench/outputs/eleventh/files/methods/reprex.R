# asking for help with survfit
d <- list(age = c(31, 76, 66, 57, 58, 66, 37, 57, 45, 57, 43, 53), 
    hb = c(95, 131, 117, 111, 110, 103, 115, 130, 110, 135, 117, 
    88), thrombosis_days = c(4214, 3828, 19, 5095, 306, 2773, 
    2533, 519, 4894, 2726, 1255, 3045), thrombosis = c(0, 0, 
    0, 0, 0, 0, 0, 0, 0, 0, 0, 1))
library(survival)
plot(survfit(Surv(thrombosis_days, thrombosis) ~ 1, d))
