#!/bin/sh
# Gnumeric's converters.
o=files/gnumeric
cut -d, -f2,3,5,6,17,21 source/persons_plain.csv | sed -n '1p;300,340p' > tmp_rows.csv
mlr --icsv --ocsv filter '$condition=="beta major" || $condition=="SS" || $condition=="SC" || $condition=="beta intermedia" || $condition=="HbE beta"' then count-distinct -f condition,chelator then reshape -s condition,count then regularize then sort -f chelator source/persons_plain.csv > tmp_small.csv
mlr --icsv --ocsv filter '$unit != "Harbourside"' then count-distinct -f unit,spleen_out then sort -f unit,spleen_out source/persons_plain.csv > tmp_large.csv
ssconvert tmp_rows.csv $o/persons.gnumeric
ssconvert -T Gnumeric_lotus:wk1 tmp_rows.csv $o/persons.wk1 2>/dev/null
ssconvert -T Gnumeric_html:latex_table tmp_small.csv $o/condition_chelator.tex
ssconvert -T Gnumeric_html:roff tmp_small.csv $o/condition_chelator.me
ssconvert -T Gnumeric_html:html40frag tmp_small.csv $o/condition_chelator.html
ssconvert tmp_large.csv $o/unit_spleen.gnumeric
ssconvert -T Gnumeric_html:latex_table tmp_large.csv $o/unit_spleen.tex
ssconvert -T Gnumeric_html:html40 tmp_large.csv $o/unit_spleen.html
ssconvert -T Gnumeric_Excel:excel_biff8 tmp_large.csv $o/unit_spleen.xls
ssconvert -T Gnumeric_glpk:glpk tmp_large.csv $o/x.lp 2>/dev/null; rm -f $o/x.lp tmp_*.csv
