# What R printed: models, survival, tables, saved objects. Run: SOURCE=… OUT=… Rscript console.R
suppressMessages({library(survival); library(MASS)})
src <- Sys.getenv("SOURCE"); out <- Sys.getenv("OUT")
p <- read.csv(file.path(src, "patients.csv"), stringsAsFactors = FALSE)
mpn <- p
options(width = 90)
to <- function(name, lines) writeLines(lines, file.path(out, name))
cap <- function(...) capture.output(...)
keep <- p$entity %in% c("PV", "ET", "prePMF", "PMF", "SMF")
m <- p[keep, ]
m$entity <- factor(m$entity, levels = c("PV", "ET", "prePMF", "PMF", "SMF"))

# logistic and Cox models
g <- glm(thrombosis ~ age + sex + hypertension + diabetes, family = binomial, data = mpn)
to("outcome/glm_thrombosis.Rout", c("> g <- glm(thrombosis ~ age + sex + hypertension + diabetes, family = binomial, data = mpn)",
  "> summary(g)", cap(summary(g)), "> round(exp(cbind(OR = coef(g), confint.default(g))), 2)", cap(round(exp(cbind(OR = coef(g), confint.default(g))), 2))))
cx <- coxph(Surv(death_days, death) ~ age + sex + entity + hb, data = m)
to("outcome/cox_survival.txt", c(cap(summary(cx)), "", cap(cox.zph(cx))))
# a model on few people
e <- p[p$driver == "JAK2 exon 12", ]
to("outcome/cox_exon12.txt", c("Cox model, JAK2 exon 12", "", cap(summary(coxph(Surv(thrombosis_days, thrombosis) ~ age + hypertension, data = e)))))
rare <- b <- p[p$entity == "CNL", ]
to("outcome/lm_wbc.Rout", c("> fit <- lm(wbc ~ age + sex, data = rare)", "> summary(fit)", cap(print(summary(lm(wbc ~ age + sex, data = rare)))), "> fitted(fit)", cap(fitted(lm(wbc ~ age + sex, data = rare)))))
# survival
f <- survfit(Surv(death_days, death) ~ 1, data = rare)
to("outcome/survfit_rare.Rout", c("> summary(survfit(Surv(death_days, death) ~ 1, data = rare))", cap(summary(f))))
pvet <- p[p$entity %in% c("PV", "ET"), ]
f <- survfit(Surv(death_days, death) ~ entity, data = pvet)
to("outcome/survfit_years.Rout", c("> fit <- survfit(Surv(death_days, death) ~ entity, data = pvet)", "> summary(fit, times = 365 * 0:6)", cap(summary(f, times = 365 * 0:6))))
# cross tables
to("therapy/ftable.Rout", c("> ftable(xtabs(~ therapy + entity, data = mpn))", cap(print(ftable(xtabs(~ therapy + entity, data = p))))))
d <- m[m$therapy %in% c("hydroxyurea", "interferon", "none"), ]; d$entity <- droplevels(d$entity)
d$therapy <- factor(d$therapy, levels = c("none", "hydroxyurea", "interferon"))
t <- xtabs(~ therapy + entity, data = d)
to("therapy/xtabs.Rout", c("> t <- xtabs(~ therapy + entity, data = d)", "> addmargins(t)", cap(addmargins(t)), "> round(100 * prop.table(t, 2), 1)", cap(round(100 * prop.table(t, 2), 1)), "> chisq.test(t)", cap(chisq.test(t))))
# by() and aggregate
to("symptoms/by_center.Rout", c("> tapply(mpn$symptoms, mpn$centre, summary)", cap(tapply(p$symptoms, p$centre, summary))))
a <- aggregate(symptoms ~ entity, data = m, FUN = function(x) c(n = length(x), mean = round(mean(x), 2), sd = round(sd(x), 2)))
to("symptoms/aggregate.Rout", c("> aggregate(symptoms ~ entity, mpn, function(x) c(n = length(x), mean = mean(x), sd = sd(x)))", cap(a), "> kruskal.test(symptoms ~ entity, mpn)", cap(kruskal.test(symptoms ~ entity, m))))
# saved objects
q <- p[p$driver == "MPL", c("age", "hb", "platelets", "ldh")]; row.names(q) <- NULL
saveRDS(lm(hb ~ age + ldh, data = q), file.path(out, "molecular/fit_hb.rds"))
cf <- coef(summary(lm(hb ~ age + ldh, data = p)))
saveRDS(list(coef = signif(cf, 4), sigma = signif(summary(lm(hb ~ age + ldh, data = p))$sigma, 3), call = "hb ~ age + ldh"), file.path(out, "molecular/coef_hb.rds"))
et <- p[p$entity == "ET", c("age", "wbc", "platelets", "thrombosis")]; row.names(et) <- NULL
et60 <- et[1:60, ]; note <- "subset for the plot"
save(et60, note, file = file.path(out, "therapy/session.RData"))
k <- as.data.frame(table(entity = m$entity, sex = m$sex)); limits <- c(hct_target = 45, platelets = 450, hu_start_mg = 500)
save(k, limits, file = file.path(out, "therapy/tables.RData"))
# str, head and session info
to("methods/import.Rout", c("> mpn <- read.csv('registry_lock3.csv')", "> str(mpn[, 1:12], vec.len = 3)", cap(str(p[, 1:12], vec.len = 3)), "> head(mpn[, c('sex', 'born', 'entity', 'wbc', 'ldh')], 8)", cap(head(p[, c("sex", "born", "entity", "wbc", "ldh")], 8))))
si <- c("R version 4.2.2 Patched (2022-11-10)", "Platform: x86_64-pc-linux-gnu (64-bit)", "", "attached base packages:", "[1] stats     graphics  grDevices utils     datasets  methods   base     ", "", "other attached packages:", "[1] xtable_1.8-4   MASS_7.3-58.2  survival_3.5-3")
to("methods/import_check.Rout", c("> mpn <- read.csv('registry_lock3.csv')", "> dim(mpn)", cap(dim(p)), "> sapply(mpn[, c('vaf', 'epo', 'dose')], function(x) sum(is.na(x)))", cap(sapply(p[, c("vaf", "epo", "dose")], function(x) sum(is.na(x)))), "> table(sapply(mpn, class))", cap(table(sapply(p, class))), "> sessionInfo()", si))
to("methods/reprex.R", c("# asking for help with survfit", paste0("d <- ", paste(cap(dput(as.list(as.data.frame(lapply(p[p$entity == "MPN-U", c("age", "hb", "thrombosis_days", "thrombosis")][1:12, ], as.numeric))))), collapse = "\n")), "library(survival)", "plot(survfit(Surv(thrombosis_days, thrombosis) ~ 1, d))"))
