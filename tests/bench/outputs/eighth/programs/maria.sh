#!/bin/sh
# The client of MariaDB in its formats, and its dump. The server listens on a socket only.
q() { f=$1; shift; mariadb --socket="$SOCK" daycare "$@" > files/mariadb/$f; }
mkdir -p files/mariadb
mariadb --socket="$SOCK" -e "create database if not exists daycare"
mariadb --socket="$SOCK" --local-infile=1 daycare <<'S'
create table persons (person char(8) primary key, unit varchar(12), gender varchar(6), born date, age int, `condition` varchar(16), tongue varchar(8), doing varchar(10), enrolled date, blood_group varchar(2), height_cm decimal(5,1), weight_kg decimal(5,1), bags_year int, chelator varchar(16), hydroxyurea_mg int, spleen_out varchar(3), ferritin int, liver_iron decimal(5,1) null, t2star_ms decimal(5,1) null, ejection int, hb int, hbf decimal(4,1), wbc decimal(4,1), bilirubin int, alt int, crises int, nights int, pain int, ulcer int, diabetes int, antibodies int, cost decimal(10,2), stroke int, stroke_days int, died int, died_days int);
load data local infile 'source/persons_plain.csv' into table persons fields terminated by ',' ignore 1 lines;
S
q rollup_unit_ulcer.txt -t -e "select unit, ulcer, count(*) persons from persons group by unit, ulcer with rollup"
q rollup_doing_died.txt -t -e "select doing, died, count(*) persons from persons group by doing, died with rollup"
q vertical_lepore.txt -E -e "select unit, gender, born, tongue, ferritin, hb, cost from persons where \`condition\`='Hb Lepore'"
q vertical_totals.txt -E -e "select count(*) persons, sum(gender='female') women, sum(spleen_out='yes') without_spleen, avg(hb) mean_hb, std(hb) sd_hb from persons where \`condition\`='beta major'"
q condition_stroke.html -H -e "select \`condition\`, sum(stroke) strokes, count(*) persons from persons group by 1"
q doing_stroke.html -H -e "select doing, sum(stroke) strokes, count(*) persons from persons group by 1"
q tall.xml -X -e "select unit, gender, age, height_cm, weight_kg, ferritin from persons where height_cm > 185 order by height_cm desc"
q blood_gender.xml -X -e "select blood_group, gender, count(*) n from persons group by 1, 2"
q groups_concat.tsv -B -e "select tongue, group_concat(age order by age) ages from persons where antibodies=3 group by tongue"
q extremes.txt -t -e "select chelator, count(*) n, min(ferritin), max(ferritin), max(cost) from persons group by chelator"
q explain.txt -t -e "explain select unit, count(*) from persons where age > 40 group by unit"
q describe.txt -t -e "describe persons"
mariadb-dump --socket="$SOCK" --skip-dump-date --skip-comments --where="tongue='Maltese'" daycare persons > files/mariadb/dump_maltese.sql
mariadb-dump --socket="$SOCK" --skip-dump-date --skip-comments --no-data daycare persons > files/mariadb/dump_schema.sql
