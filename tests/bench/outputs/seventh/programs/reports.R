source(file.path(Sys.getenv("PROGRAMS"), "prelude.R"))
suppressMessages({library(flextable); library(officer); library(openxlsx); library(rmarkdown); library(DT); library(dplyr)})
programs <- Sys.getenv("PROGRAMS")
sound <- as.data.frame.matrix(xtabs(~ disease + severity, people)) |> tibble::rownames_to_column("disease")
thin <- as.data.frame.matrix(xtabs(~ centre + treatment, people)) |> tibble::rownames_to_column("centre")

# Word and PowerPoint
save_as_docx("Treatment by centre" = flextable(thin), path = to("reports/treatment.docx"))
save_as_docx("Severity by disease" = flextable(sound), path = to("reports/severity.docx"))
save_as_html(flextable(thin), path = to("reports/treatment.html"))
slides <- read_pptx() |> add_slide("Title and Content", "Office Theme") |> ph_with("Deaths", ph_location_type("title"))
deaths <- people |> group_by(diagnosis) |> summarise(n = n(), deaths = sum(dead))
smoking <- people |> group_by(smoking) |> summarise(n = n(), deaths = sum(dead))
slides |> ph_with(as.data.frame(deaths), ph_location_type("body")) |> print(target = to("reports/deaths.pptx"))
read_pptx() |> add_slide("Title and Content", "Office Theme") |> ph_with("Deaths", ph_location_type("title")) |>
  ph_with(as.data.frame(smoking), ph_location_type("body")) |> print(target = to("reports/smoking.pptx"))
oldest <- people[order(-people$age), ][1, ]
read_docx() |> body_add_par("Case description", style = "heading 1") |>
  body_add_par(sprintf("The oldest person of the network is %d years old, weighs %.1f kg, has a factor level of %.1f %% and was followed for %d days.", oldest$age, oldest$weight, oldest$factor, oldest$followed)) |>
  print(target = to("reports/case.docx"))
read_docx() |> body_add_par("Methods", style = "heading 1") |>
  body_add_par(sprintf("Of %d people, %d (%.1f %%) died. Analyses were done in R 4.2 with survival 3.5; doses of 2, 4 and 8 mg were compared, and p below 0.05 was called significant.", nrow(people), sum(people$dead), 100 * mean(people$dead))) |>
  print(target = to("reports/methods.docx"))

# Workbooks
write.xlsx(thin, to("reports/treatment.xlsx"))
write.xlsx(list(severity = sound, smoking = as.data.frame(smoking)), to("reports/severity.xlsx"))
book <- createWorkbook()
addWorksheet(book, "Table 1"); writeDataTable(book, 1, sound)
addWorksheet(book, "raw"); writeData(book, 2, people[801:860, c("patient", "age", "sex", "weight", "hb", "cost")])
sheetVisibility(book)[2] <- "hidden"
saveWorkbook(book, to("reports/table1.xlsx"))
book <- createWorkbook()
addWorksheet(book, "Table 1"); writeDataTable(book, 1, sound)
addWorksheet(book, "notes"); writeData(book, 2, data.frame(note = c("Severity as at diagnosis", "Other: factors VII, XI and XIII"), version = c("1.2", "1.3")))
sheetVisibility(book)[2] <- "hidden"
saveWorkbook(book, to("reports/table2.xlsx"))
book <- createWorkbook()
addWorksheet(book, "hb"); writeData(book, 1, data.frame(sex = c("F", "M"), mean = round(tapply(people$hb, people$sex, mean), 1)))
one <- people[900, ]
writeComment(book, 1, col = 2, row = 2, comment = createComment(sprintf("check %s: age %d, weight %.1f, hb %d", one$patient, one$age, one$weight, one$hb), author = "analyst"))
saveWorkbook(book, to("reports/hb.xlsx"))

# Pages
light <- function(...) html_document(theme = NULL, highlight = NULL, mathjax = NULL, self_contained = TRUE, ...)
# Rendered where they lie, so that pages name their pictures by no folder of this machine.
draft <- function(source, name, format) {
  file.copy(file.path(programs, source), here <- to(paste0("reports/", source)), overwrite = TRUE)
  render(here, format, output_file = basename(name), quiet = TRUE, envir = new.env())
  unlink(here)
}
draft("report_rows.Rmd", "reports/first_look.html", light())
draft("report_counts.Rmd", "reports/overview.html", light())
draft("report_rows.Rmd", "reports/first_look.md", github_document(html_preview = FALSE))
draft("report_counts.Rmd", "reports/overview.md", github_document(html_preview = FALSE))
draft("report_rows.Rmd", "reports/first_look.docx", word_document())
draft("report_counts.Rmd", "reports/overview.docx", word_document())
# The pages keep their data; the scripts that they name lie beside them and are not kept.
saveWidget <- function(widget, name) htmlwidgets::saveWidget(widget, to(name), selfcontained = FALSE, title = "Table")
saveWidget(datatable(people[1001:1080, c("age", "sex", "centre", "weight", "ferritin", "bleeds", "remark")], options = list(pageLength = 5)), "reports/listing.html")
saveWidget(datatable(sound), "reports/counts.html")
