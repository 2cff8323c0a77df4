# Reads the tables and names the groups that the other scripts use. DATA and OUT are folders.
data <- Sys.getenv("DATA")
out <- Sys.getenv("OUT")
options(width = 80)
people <- read.csv(file.path(data, "patients.csv"), na.strings = "")
labs <- read.csv(file.path(data, "labs.csv"))
markers <- read.csv(file.path(data, "markers.csv"))
people$centres <- ifelse(people$centre %in% c("A", "B", "C", "D"), people$centre, "other")
people$disease <- ifelse(people$diagnosis %in% c("haemophilia A", "haemophilia B"), people$diagnosis,
                         ifelse(grepl("Willebrand", people$diagnosis), "von Willebrand", "other"))
people$adult <- ifelse(people$age < 18, "child", "adult")
to <- function(name) {
  path <- file.path(out, name)
  dir.create(dirname(path), showWarnings = FALSE, recursive = TRUE)
  path
}
# What the console prints while an expression runs.
say <- function(name, ...) {
  sink(to(name))
  on.exit(sink())
  for (one in eval(substitute(alist(...)))) {
    value <- withVisible(eval(one, parent.frame()))
    if (value$visible) print(value$value)
  }
}
