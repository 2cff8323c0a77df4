#!/bin/sh
# pandoc: one table of each kind in many markups, and a register from a csv.
o=files/pandoc
for t in rst org mediawiki textile jats docbook ipynb man; do pandoc --standalone -t $t -o $o/ulcer_by_tongue.$t programs/summary_leaky.md; done
for t in asciidoc muse jira haddock rtf epub opendocument texinfo; do pandoc --standalone -t $t -o $o/spleen_by_tongue.$t programs/summary_safe.md; done
awk -F, 'NR == 1 || $6 == "Hb Lepore"' source/persons_plain.csv | cut -d, -f2,3,5,7,17,21,32 > lep.csv
pandoc -f csv -t rst -o $o/lepore_register.rst lep.csv
pandoc -f csv -t native -o $o/lepore_register.native lep.csv
pandoc -f csv --standalone -t context -o $o/lepore_register.context lep.csv
