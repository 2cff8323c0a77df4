#!/bin/sh
# psql in formats of documents, its crosstabview, watch and its plans.
q() { f=$1; shift; psql -X -q -h "$SOCK" -U postgres -d postgres "$@" > files/psql8/$f; }
head -1 source/persons_plain.csv | tr ',' '\n' | awk 'BEGIN{printf "create table persons ("} {t="text"; if ($1 ~ /^(age|bags_year|ferritin|hb|nights|crises|stroke|died|ulcer|diabetes|antibodies)$/) t="int"; if ($1 ~ /^(cost|height_cm|weight_kg)$/) t="numeric"; printf "%s%s %s", (NR>1 ? ", " : ""), $1, t} END{print ");"}' | q none
psql -X -q -h "$SOCK" -U postgres -d postgres -c "\\copy persons from 'source/persons_plain.csv' with (format csv, header)"
rm files/psql8/none
printf "%s\n" "select tongue, ulcer, count(*) from persons group by 1, 2 order by 1, 2 \\crosstabview" | q crosstab_tongue_ulcer.txt
printf "%s\n" "select doing, gender, count(*) from persons group by 1, 2 order by 1, 2 \\crosstabview" | q crosstab_doing_gender.txt
q lepore.adoc -P format=asciidoc -c "select unit, gender, age, ferritin, hb, cost from persons where condition = 'Hb Lepore'"
q spleen.adoc -P format=asciidoc -c "select chelator, count(*) as persons, count(*) filter (where spleen_out = 'yes') as without_spleen from persons group by 1 order by 1"
q rollup.tex -P format=latex-longtable -c "select coalesce(unit, 'all') as unit, count(*) as persons, sum(diabetes) as diabetes from persons group by rollup(unit) order by unit"
q doing.tex -P format=latex-longtable -c "select coalesce(doing, 'all') as doing, count(*) as persons, sum(stroke) as strokes from persons group by rollup(doing) order by doing"
q extremes.ms -P format=troff-ms -c "select condition, count(*) as n, min(ferritin), max(ferritin), percentile_disc(0.5) within group (order by cost) as median_cost from persons group by 1 order by 1"
q blood.ms -P format=troff-ms -c "select blood_group, count(*) as n, round(avg(hb), 1) as mean_hb, round(stddev(hb), 1) as sd from persons group by 1 order by 1"
q analyze.txt -c "explain (analyze, timing off, summary off) select * from persons where condition = 'Hb Lepore' and chelator = 'combined'"
q analyze_large.txt -c "explain (analyze, timing off, summary off) select unit, count(*) from persons where age >= 40 group by unit"
q structure.txt -c "\\d persons"
