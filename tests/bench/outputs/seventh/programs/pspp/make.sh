#!/bin/sh
# Runs each syntax file; what it prints goes into the format behind its name. DATA, OUT and PROGRAMS are folders.
set -e
work=$(mktemp -d); cp "$DATA/patients.csv" "$PROGRAMS"/pspp/*.sps "$PROGRAMS/pspp/get.inc" "$work"; cd "$work"
mkdir -p "$OUT/pspp"
for job in frequencies.txt frequencies_habits.txt crosstabs.txt crosstabs_habits.txt crosstabs.html crosstabs_habits.html \
    crosstabs.odt crosstabs_habits.odt crosstabs.csv crosstabs_habits.csv crosstabs.pdf crosstabs_habits.pdf \
    descriptives.txt descriptives_means.txt descriptives.csv descriptives_means.html examine.txt examine.html means.txt \
    means_habits.txt means_habits.odt regression.txt regression_centre.txt regression.html ttest.txt oneway_island.txt \
    glm.txt logistic.txt list.txt list.html npar.txt roc.txt descriptives.spv frequencies_habits.spv; do
  pspp -o "$OUT/pspp/$job" "${job%.*}.sps" > messages.txt 2>&1 || cat messages.txt
done
pspp keep.sps keep_counts.sps > messages.txt 2>&1
mv part.sav part.por small.sav counts.sav counts.por "$OUT/pspp"
rm -r "$work"
