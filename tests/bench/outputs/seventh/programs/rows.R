source(file.path(Sys.getenv("PROGRAMS"), "prelude.R"))
set.seed(20)
numbers <- c("age", "weight", "hb", "platelets", "creatinine", "followed")
# Rows in other clothes
scaled <- as.data.frame(scale(people[numbers]))[1501:1540, ]
write.csv(format(scaled, digits = 1, nsmall = 4) |> lapply(trimws) |> as.data.frame(), to("rows/scaled.csv"), row.names = FALSE, quote = FALSE)
logs <- log(people[1601:1640, c("weight", "cost", "platelets", "creatinine")])
write.table(format(round(logs, 3), nsmall = 3), to("rows/logs.txt"), row.names = FALSE, quote = FALSE)
renamed <- setNames(people[1701:1740, rev(numbers)], paste0("V", 1:6))
write.table(renamed, to("rows/renamed.tsv"), sep = "\t", row.names = FALSE)
say("rows/transposed.txt", t(people[1801:1808, c("age", "weight", "hb", "cost", "followed")]))
drawn <- as.data.frame(lapply(people[c("age", "sex", "centre", "weight", "hb", "cost")], sample, 60))
needles <- drawn
needles[c(8, 21, 30, 44, 57), ] <- people[c(1911, 1922, 1933, 1944, 1955), names(drawn)]
write.csv(needles, to("rows/test_data.csv"), row.names = FALSE)
noisy <- as.data.frame(lapply(people[2001:2040, c("weight", "hb", "platelets", "cost")], function(x) round(x * (1 + rnorm(40, 0, .02)), 1)))
write.csv(noisy, to("rows/noisy.csv"), row.names = FALSE)
fresh <- data.frame(age = round(runif(60, 5, 80)), weight = round(rnorm(60, 73, 16), 1), hb = round(rnorm(60, 141, 13)), cost = round(exp(rnorm(60, 6, 2)), 2))
write.csv(fresh, to("rows/simulated.csv"), row.names = FALSE)
writeLines(subset(people, dead == 1 & centre == "G")$patient, to("rows/excluded.txt"))
say("rows/model_matrix.txt", head(model.matrix(~ age + sex + weight + factor + creatinine, people[2101:2112, ]), 12))
say("rows/merged.txt", merge(people[2201:2212, c("patient", "age", "diagnosis")], labs[c("patient", "day", "test", "value")])[1:20, ])
say("rows/split.txt", split(people[c("age", "weight", "cost")], people$diagnosis)["von Willebrand 3"])
say("rows/duplicates.txt", people[duplicated(people$weight * 1e5 + people$hb * 100 + people$age), c("age", "weight", "hb", "sex", "centre")])

# Nothing of anybody
say("rows/session.txt", sessionInfo())
say("rows/timing.txt", cat("rows read:", nrow(people), "\n"), structure(c(0.42, 0.03, 0.47), names = c("user", "system", "elapsed")), format(object.size(people), units = "Kb"))
say("rows/warnings.txt", cat("Warning messages:\n1: In glm.fit(x, y) : fitted probabilities numerically 0 or 1 occurred\n2: NAs introduced by coercion\nThere were 3 warnings; 208 joint scores are missing.\n"))
say("rows/visits.txt", data.frame(visit = 1:6, week = c(0, 4, 8, 12, 26, 52), blood = c("yes", "no", "yes", "no", "yes", "yes"), dose_mg = c(2, 2, 4, 4, 8, 8)))
write.csv(expand.grid(age = c(20, 40, 60), severity = c("mild", "severe"), dose = c(2, 4, 8)), to("rows/grid.csv"))
fit <- glm(dead ~ age + severity, binomial, people)
grid <- expand.grid(age = seq(10, 80, 10), severity = c("mild", "moderate", "severe"))
grid$risk <- round(predict(fit, grid, type = "response"), 2)
write.csv(grid, to("rows/predicted.csv"), row.names = FALSE)
say("rows/toc.txt", cat(sprintf("Table %d. %s\n", 1:7, c("Baseline", "Bleeds by severity", "Joint score by age", "Mortality", "Costs", "Sensitivity 1", "Sensitivity 2")), sep = ""))
say("rows/size.txt", power <- sapply(c(20, 50, 100, 200), function(n) power.t.test(n, delta = 4, sd = 12)$power) |> round(2), data.frame(n = c(20, 50, 100, 200), power = power))
file.copy(file.path(Sys.getenv("PROGRAMS"), c("report_counts.Rmd", "batch_counts.R")), to("rows/"), overwrite = TRUE)

# Two tables of one population: all, and all but a few
say("rows/all_people.txt", table(people$severity))
say("rows/without.txt", table(subset(people, !(diagnosis == "von Willebrand 3" & severity == "moderate"))$severity))
say("rows/mainland.txt", table(subset(people, region != "island")$severity))
say("rows/by_habit.txt", table(people$smoking))
