#!/bin/sh
# Makes all files of these programs: DATA holds the tables, OUT receives files, PROGRAMS is this folder.
# Needs R with the packages that the scripts name, pandoc, PSPP, gretl, gnuplot, sqlite3, and a PostgreSQL
# server with an empty database `centres` (see sql/make.sh). Hours of making are set to a fixed one in PDFs.
set -e
cd "$PROGRAMS"
for script in tables models figures objects reports rows packed; do Rscript "$script.R"; done
cd "$DATA"
for name in rows counts; do R CMD BATCH --no-save --no-restore --no-timing "$PROGRAMS/batch_$name.R" "$OUT/reports/batch_$name.Rout"; done
cd "$PROGRAMS"
# PSPP writes the name of who runs it into office files: run as somebody without a name worth keeping.
for program in pspp gretl gnuplot sql; do sh "$program/make.sh"; done
rm -rf "$OUT"/reports/*_files
sed -i 's/(D:20[0-9]\{12\}/(D:20250101000000/' "$OUT"/*/*.pdf
