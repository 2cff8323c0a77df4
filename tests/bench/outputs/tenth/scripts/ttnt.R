# Time to next treatment: what the analyst's script writes.
# Rscript ttnt.R FOLDER-OF-TABLES FOLDER-OF-FILES
library(survival)
library(dplyr)
library(broom)
library(ggplot2)

args <- commandArgs(trailingOnly = TRUE)
src <- args[1]
out <- args[2]
p <- function(...) file.path(out, ...)

d <- read.csv(file.path(src, "patients.csv"), stringsAsFactors = TRUE) |>
  filter(disease == "multiple myeloma") |>
  mutate(
    tx = ifelse(transplant == "none", "no ASCT", "ASCT"),
    iss = factor(iss, levels = c("I", "II", "III"))
  )

# Table 2: all regimens by ancestry, as xtabs gave it
write.csv(as.data.frame.matrix(table(d$ancestry, d$regimen)), p("table2_regimen_by_ancestry.csv"))

# survival, each step and by year
fit <- survfit(Surv(progressed_days, progressed) ~ iss, data = d)
full <- tidy(fit) |>
  filter(strata == "iss=III") |>
  transmute(time, n.risk, n.event, n.censor, surv = round(estimate, 4))
write.csv(head(full, 120), p("km_iss3_steps.csv"), row.names = FALSE)

s <- summary(fit, times = 365 * (0:4))
yearly <- data.frame(
  ISS = sub("iss=", "", s$strata), year = s$time / 365, at_risk = s$n.risk,
  events_since = s$n.event, free_of_next_treatment = sprintf("%.2f", s$surv)
)
write.csv(yearly, p("km_by_year.csv"), row.names = FALSE)

g <- ggplot(yearly, aes(year, as.numeric(free_of_next_treatment), colour = ISS)) +
  geom_line() +
  geom_point() +
  scale_y_continuous("Without next treatment", limits = c(0, 1)) +
  labs(x = "Years since diagnosis", caption = paste("At risk at 0 and 4 years:", paste(
    yearly$at_risk[yearly$year %in% c(0, 4)], collapse = ", "
  ))) +
  theme_minimal(base_size = 9)
ggsave(p("figure1_yearly.png"), g, width = 4.5, height = 3.2, dpi = 80)

# the model
m <- coxph(Surv(progressed_days, progressed) ~ iss + del17p + t414 + I(age / 10) + tx, data = d)
capture.output(summary(m), file = p("cox_summary.txt"))
tidy(m, exponentiate = TRUE, conf.int = TRUE) |>
  mutate(across(where(is.numeric), \(x) signif(x, 3))) |>
  write.csv(p("cox_hr.csv"), row.names = FALSE)
capture.output(cox.zph(m), file = p("ph_test.txt"))
small <- d |> filter(clinic == "Greywater") |> select(progressed_days, progressed, age, b2m)
keep <- coxph(Surv(progressed_days, progressed) ~ age + b2m, data = small, model = TRUE, x = TRUE)
saveRDS(keep, p("cox_greywater.rds"))

# residuals of each person
res <- d |>
  mutate(martingale = round(residuals(m, type = "martingale"), 4)) |>
  slice(seq(1, n(), by = 41)) |>
  select(age, iss, ldh, marrow, progressed_days, martingale)
write.csv(res, p("martingale_residuals.csv"), row.names = FALSE)

# the console of an afternoon
con <- file(p("explore.Rout"), "w")
writeLines(c("> d <- readRDS('ttnt.rds')", "> summary(d[, c('b2m', 'ldh', 'cost')])"), con)
writeLines(capture.output(print(summary(d[, c("b2m", "ldh", "cost")], digits = 8))), con)
writeLines(c("> options(digits = 9); range(d$cost); range(d$b2m)",
             capture.output(print(range(d$cost), digits = 9)), capture.output(range(d$b2m)),
             "> table(d$iss, d$tx)", capture.output(table(d$iss, d$tx)), "> q('no')"), con)
close(con)

# censoring marks of one clinic, one tick for each person
pdf(p("km_greywater_ticks.pdf"), width = 5, height = 4, title = "Greywater", useDingbats = FALSE)
plot(survfit(Surv(progressed_days, progressed) ~ 1, small), mark.time = TRUE, conf.int = FALSE,
     xlab = "days", ylab = "without next treatment", main = "Greywater")
dev.off()

# the reports
header <- c("---", "title: Time to next treatment in myeloma", "author: P. Halloran", "output:",
            "  html_document:", "    theme: null", "    highlight: null", "    mathjax: null", "---")
body <- c(
  "", "```{r, include=FALSE}", "library(survival); library(knitr)",
  "d <- subset(read.csv(file.path(src, 'patients.csv')), disease == 'multiple myeloma')", "```", "",
  "We followed `r nrow(d)` patients.", "",
  "```{r, echo=FALSE}", "kable(as.data.frame.matrix(table(d$iss, d$sex)), caption = 'Stage')", "```"
)
draft <- c(
  body, "", "## Longest time without next treatment", "", "```{r, echo=FALSE}",
  paste0("kable(head(d[order(-d$progressed_days), c('clinic', 'sex', 'age', 'diagnosed', 'iss', ",
         "'regimen', 'progressed_days')], 10), row.names = FALSE)"), "```"
)
made <- tempdir()
for (name in c("report", "report_draft")) {
  writeLines(c(header, if (name == "report") body else draft), file.path(made, "r.Rmd"))
  rmarkdown::render(file.path(made, "r.Rmd"), output_file = paste0(name, ".html"),
                    output_dir = out, quiet = TRUE, envir = list2env(list(src = src)))
}

si <- capture.output(sessionInfo())
writeLines(si, p("sessionInfo.txt"))
