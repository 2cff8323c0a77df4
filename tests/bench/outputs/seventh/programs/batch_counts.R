# Counts for the flow chart
people <- read.csv("patients.csv")
nrow(people)
table(people$severity)
adults <- people[people$age >= 18, ]
nrow(adults)
fit <- glm(dead ~ age, binomial, adults)
round(summary(fit)$coefficients, 4)
for (dose in c(2, 4, 8)) cat("dose", dose, "\n")
