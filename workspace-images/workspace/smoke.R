# Smoke test of the image's R: every library loads, a table and a survival curve come out right.
for (name in c("data.table", "dplyr", "ggplot2", "haven", "readr", "survival", "tidyr", "IRkernel")) {
  suppressPackageStartupMessages(library(name, character.only = TRUE))
}
table <- data.frame(group = c("a", "a", "b"), days = 1:3, ended = c(1, 1, 0))
sums <- summarise(group_by(table, group), days = sum(days))
stopifnot(identical(sums$days, c(3L, 3L)))
curve <- survfit(Surv(days, ended) ~ 1, table)
stopifnot(isTRUE(all.equal(curve$surv, c(2 / 3, 1 / 3, 1 / 3))))
file <- tempfile(fileext = ".png")
ggsave(file, ggplot(table, aes(days, ended)) + geom_point(), width = 2, height = 2, dpi = 72)
stopifnot(file.size(file) > 500)
cat("R", as.character(getRversion()), "with its libraries, one table, one curve, one figure\n")
