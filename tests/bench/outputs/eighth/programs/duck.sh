#!/bin/sh
# The shell of DuckDB in modes of its own, and its SUMMARIZE, PIVOT and EXPLAIN ANALYZE.
d() { f=$1; mode=$2; shift 2; printf ".mode %s\n.output files/duckdb-cli/%s\n%s;\n" "$mode" "$f" "$*" | duckdb -init /dev/null; }
P="'source/persons_plain.csv'"
d summarize.txt duckbox "summarize from (select age, ferritin, hb, cost, height_cm from $P)"
d head.txt duckbox "select unit, gender, age, condition, ferritin, hb, weight_kg, cost from $P limit 40"
d pivot_condition_blood.txt duckbox "pivot $P on blood_group using count(*) group by condition order by condition"
d pivot_doing_gender.txt duckbox "pivot $P on gender using count(*) group by doing order by doing"
d cube.tex latex "select doing, died, count(*) as persons from $P group by cube(doing, died) order by all"
d rare.tex latex "select tongue, spleen_out, count(*) as persons from $P group by all order by all"
d haemolysis.sql insert "select given_on, volume_ml, hb_before, hb_after, minutes from 'source/sessions.csv' where reaction='haemolysis' limit 40"
d blood.jsonl jsonlines "select blood_group, gender, count(*) as n, round(avg(hb),1) as mean_hb from $P group by all order by all"
d thai_unit.jsonl jsonlines "select unit, count(*) as n, round(avg(hb),1) as mean_hb from $P where tongue='Thai' group by all order by all"
d histogram.txt line "select histogram(bags_year) as bags from $P where bags_year > 30"
d quantiles.txt box "select chelator, count(*) n, quantile_cont(ferritin, [0.01, 0.5, 0.99]) q from $P group by all"
d analyze.txt list "explain analyze select unit, count(*) from $P where condition='Hb Lepore' and blood_group='AB' group by unit"
