# survfit() with delayed entry: does anybody know why the curve starts below 1?
library(survival)
set.seed(11)
d <- data.frame(start = round(runif(40, 0, 200)), arm = gl(2, 20, labels = c("HU", "IFN")))
d$stop <- d$start + round(rexp(40, 1 / 900)) + 1
d$event <- rbinom(40, 1, 0.4)
fit <- survfit(Surv(start, stop, event) ~ arm, data = d)
plot(fit, col = 1:2, xlab = "days", mark.time = FALSE)
legend("bottomleft", levels(d$arm), col = 1:2, lty = 1)
stopifnot(nrow(d) == 40)
