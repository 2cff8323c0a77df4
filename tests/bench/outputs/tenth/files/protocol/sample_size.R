d <- expand.grid(hr = c(0.55, 0.62, 0.7), power = c(0.8, 0.85, 0.9))
d$events <- ceiling(4 * (qnorm(0.975) + qnorm(d$power))^2 / log(d$hr)^2)
d$n <- ceiling(d$events / 0.86 / 2) * 2
print(d, row.names = FALSE)
power.t.test(delta = 8, sd = 20, power = 0.9)
