# Ueberleben nach Transplantation. Rscript asct.R TABELLEN ZIEL
library(survival)
library(flextable)
library(officer)
library(openxlsx)
library(ggplot2)

arg <- commandArgs(TRUE)
ziel <- function(x) file.path(arg[2], x)
d <- read.csv(file.path(arg[1], "patients.csv"))
d <- d[d$transplant != "none", ]
d$Geschlecht <- ifelse(d$sex == "female", "weiblich", "männlich")
komma <- function(x, n = 1) formatC(x, digits = n, format = "f", decimal.mark = ",")

# Tabelle 1: Word
zeile <- function(g) {
  c(nrow(g), sum(g$sex == "female"), sum(g$iss == "III"),
    paste0(komma(mean(g$age)), " (", komma(sd(g$age)), ")"),
    paste0(komma(mean(g$hb)), " (", komma(sd(g$hb)), ")"))
}
t1 <- data.frame(
  Merkmal = c("Patienten", "weiblich", "ISS III", "Alter, Mittelwert (SD)", "Hb g/L, Mittelwert (SD)"),
  Einfach = zeile(d[d$transplant == "single", ]), Tandem = zeile(d[d$transplant == "tandem", ])
)
ft <- autofit(theme_booktabs(flextable(t1)))
doc <- read_docx()
doc <- body_add_par(doc, "Tabelle 1: Patienten bei Diagnose", style = "heading 1")
doc <- body_add_flextable(doc, ft)
print(doc, target = ziel("Tabelle1.docx"))

write.csv2(as.data.frame.matrix(table(d$clinic, d$transplant)), ziel("Tabelle2_Zentrum.csv"))
write.csv2(as.data.frame.matrix(table(d$iss, d$melphalan)), ziel("Tabelle3_Melphalan.csv"))

# Ueberleben
f <- survfit(Surv(died_days, died) ~ 1, data = d)
s <- summary(f, times = 365 * (0:6))
j <- data.frame(Jahr = s$time / 365, unter_Risiko = s$n.risk, verstorben = s$n.event,
                Ueberleben = round(s$surv, 2), u95 = round(s$lower, 2), o95 = round(s$upper, 2))
write.csv2(j, ziel("Ueberleben_jaehrlich.csv"), row.names = FALSE)
t <- d[d$transplant == "tandem", ]
ft2 <- survfit(Surv(died_days, died) ~ 1, data = t)
write.csv2(data.frame(Tag = ft2$time, Risiko = ft2$n.risk, Tod = ft2$n.event,
                      S = round(ft2$surv, 3)), ziel("Ueberleben_Tandem_Tage.csv"), row.names = FALSE)
cairo_pdf(ziel("Abbildung1.pdf"), width = 5, height = 3.5)
plot(j$Jahr, j$Ueberleben, type = "b", pch = 16, ylim = c(0, 1), xlab = "Jahre nach Diagnose",
     ylab = "Anteil lebend", las = 1)
text(j$Jahr, 0.05, j$unter_Risiko, cex = 0.7)
invisible(dev.off())
b <- t[order(-t$died_days), ][1:36, ]
g <- ggplot(b, aes(x = reorder(patient, died_days), y = died_days, fill = factor(died))) +
  geom_col(width = 0.7) + coord_flip() + labs(x = NULL, y = "Tage", fill = "verstorben") +
  theme_bw(base_size = 7)
ggsave(ziel("Abbildung2_Verlauf.svg"), g, width = 5, height = 6)

capture.output({
  cat("Cox-Modell, Gesamtüberleben nach Hochdosistherapie\n\n")
  print(coxph(Surv(died_days, died) ~ age + factor(melphalan) + iss, data = d), digits = 3)
}, file = ziel("Cox_Modell.txt"))
capture.output({
  cat("Tandem: Kennwerte\n")
  print(sapply(t[, c("age", "b2m", "marrow")], function(x)
    c(Minimum = min(x), Mittel = round(mean(x), 2), Maximum = max(x))))
}, file = ziel("Tandem_Kennwerte.txt"))

# Folien
ppt <- read_pptx()
ppt <- add_slide(ppt, layout = "Title and Content", master = "Office Theme")
ppt <- ph_with(ppt, "Ansprechen nach Transplantation", location = ph_location_type("title"))
a <- as.data.frame.matrix(table(d$response, d$Geschlecht))
ppt <- ph_with(ppt, cbind(Ansprechen = rownames(a), a), location = ph_location_type("body"))
print(ppt, target = ziel("Folien_Ansprechen.pptx"))

# Arbeitsmappen
w <- createWorkbook(creator = "Dr. K. Bremer")
addWorksheet(w, "Ergebnis")
writeData(w, 1, data.frame(ISS = c("I", "II", "III"), Patienten = as.vector(table(d$iss))))
saveWorkbook(w, ziel("Auswertung_final.xlsx"), overwrite = TRUE)
addWorksheet(w, "Rohdaten", visible = FALSE)
r <- d[seq(3, nrow(d), 17), c("clinic", "born", "diagnosed", "height_cm", "weight_kg", "melphalan", "died_days")]
writeDataTable(w, 2, r)
saveWorkbook(w, ziel("Auswertung.xlsx"), overwrite = TRUE)
