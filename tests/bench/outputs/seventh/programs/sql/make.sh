#!/bin/sh
# Asks sqlite and PostgreSQL and keeps their answers, each in a mode of its shell. DATA and OUT are folders;
# PGHOST and PGPORT name a server with an empty database `centres` that may be filled.
set -e
mkdir -p "$OUT/sql"; cd "$OUT/sql"
base=$(mktemp -d)/centres.db
sqlite3 "$base" <<END
.mode csv
.import '|sed "s/\"//g" $DATA/patients.csv' people
.import $DATA/labs.csv labs
END
ask() { sqlite3 "$base" ".mode $1" "$2"; }
severity="SELECT centre, severity, count(*) AS n, sum(dead) AS deaths FROM people WHERE centre IN ('G','H') GROUP BY 1, 2"
disease="SELECT diagnosis, severity, count(*) AS n, sum(dead) AS deaths FROM people WHERE diagnosis LIKE 'haemophilia%' GROUP BY 1, 2"
habits="SELECT smoking, sex, count(*) AS n, round(avg(bleeds + 0.0), 2) AS bleeds FROM people GROUP BY 1, 2"
tests="SELECT test, count(*) AS results, count(DISTINCT patient) AS people, round(avg(value + 0.0), 1) AS mean FROM labs GROUP BY 1"
rare="SELECT l.test, count(*) AS results, count(DISTINCT l.patient) AS people FROM labs l JOIN people p USING (patient) WHERE p.diagnosis = 'von Willebrand 3' AND p.severity = 'moderate' GROUP BY 1"
rows="SELECT patient, birth_year, sex, weight, ferritin, cost FROM people LIMIT 25 OFFSET 1200"
ask box "$severity" > centres.txt
ask box "$disease" > disease.txt
ask column "$severity" > centres_column.txt
ask column "$tests" > tests.txt
ask table "$habits" > habits.txt
ask table "$rare" > rare.txt
ask ascii "$severity" > centres_ascii.txt
ask csv "$habits" > habits.csv
ask html "$disease" > disease.html
ask html "$severity" > centres.html
ask "insert people" "$rows" > people.sql
ask "insert counts" "$habits" > counts.sql
ask json "$rows" > people.json
ask json "$disease" > disease.json
ask line "SELECT patient, age, diagnosis, factor, cost, remark FROM people WHERE cost + 0.0 > 40000" > costly.txt
ask line "SELECT count(*) AS n, sum(sex = 'F') AS women, sum(dead) AS deaths, round(avg(age + 0.0), 1) AS mean_age FROM people" > line.txt
ask list "$rare" > rare_list.txt
ask markdown "$severity" > centres.md
ask markdown "$tests" > tests.md
ask quote "$rows" > quoted.txt
ask quote "$disease" > disease_quoted.txt
ask tabs "$habits" > habits.tsv
ask tcl "$severity" > centres_tcl.txt
sqlite3 "$base" "CREATE TABLE summary AS $disease" ".dump summary" > summary_dump.sql
sqlite3 "$base" ".schema people" "EXPLAIN QUERY PLAN $disease" > plan.txt
sqlite3 "$base" "CREATE TABLE part AS $rows" ".dump part" > part_dump.sql
rm -f part.db summary.db
sqlite3 part.db "ATTACH '$base' AS b" "CREATE TABLE part AS SELECT * FROM b.part"
sqlite3 summary.db "ATTACH '$base' AS b" "CREATE TABLE summary AS SELECT * FROM b.summary"
rm -r "$(dirname "$base")"

psql -q centres <<END
DROP TABLE IF EXISTS people, labs;
CREATE TABLE people (patient text, centre text, region text, sex text, birth_year int, age int, diagnosis text, severity text,
 inhibitor text, treatment text, product text, diagnosed date, smoking text, work text, hepatitis text, hiv int, height int,
 weight numeric, factor numeric, hb int, ferritin numeric, platelets int, creatinine int, bleeds int, joint_score int, pain int,
 dose int, cost numeric, dead int, followed int, surgery int, surgery_days int, remark text);
CREATE TABLE labs (patient text, day int, test text, value numeric, unit text, method text);
\copy people FROM '$DATA/patients.csv' CSV HEADER
\copy labs FROM '$DATA/labs.csv' CSV HEADER
ANALYZE;
END
pg() { format=$1; shift; psql -X centres -P format="$format" -P footer="${FOOTER:-on}" "$@"; }
therapy="SELECT diagnosis, count(*) AS n, count(*) FILTER (WHERE treatment = 'gene therapy') AS gene_therapy FROM people GROUP BY 1 ORDER BY 1"
region="SELECT region, count(*) AS n, sum(dead) AS deaths, round(100.0 * sum(dead) / count(*), 1) AS percent FROM people WHERE region <> 'island' GROUP BY ROLLUP (1) ORDER BY 1"
middle="SELECT severity, count(*), percentile_cont(ARRAY[0, 0.5, 1]) WITHIN GROUP (ORDER BY cost) AS cost FROM people GROUP BY 1 ORDER BY 1"
pg aligned -c "$therapy" > pg_therapy.txt
pg aligned -c "$region" > pg_region.txt
pg aligned -x -c "SELECT patient, birth_year, weight, hb, cost, followed FROM people ORDER BY cost DESC LIMIT 4" > pg_expanded.txt
pg aligned -x -c "SELECT count(*) AS people, sum(dead) AS deaths, round(avg(age), 1) AS mean_age FROM people" > pg_expanded_counts.txt
pg html -c "$therapy" > pg_therapy.html
pg html -c "$region" > pg_region.html
pg latex -c "$region" > pg_region.tex
pg latex -c "$therapy" > pg_therapy.tex
pg asciidoc -c "$therapy" > pg_therapy.adoc
pg asciidoc -c "$region" > pg_region.adoc
pg csv -c "$middle" > pg_cost.csv
pg csv -c "$region" > pg_region.csv
pg unaligned -c "SELECT age, sex, centre, weight, ferritin, creatinine FROM people WHERE inhibitor = 'high' AND sex = 'F'" > pg_women.txt
pg unaligned -c "$region" > pg_unaligned.txt
pg wrapped -c "$middle" > pg_cost.txt
pg aligned -P linestyle=unicode -P border=2 -c "$therapy" -c "$region" > pg_both.txt
psql -X centres -c '\crosstabview centre severity n' -c "SELECT 1" > /dev/null 2>&1 || true
printf "SELECT centre, severity, count(*) AS n FROM people GROUP BY 1, 2 ORDER BY 1\n\\\\crosstabview centre severity n\n" | psql -X centres > pg_crosstab.txt
printf "SELECT sex, severity, count(*) AS n FROM people GROUP BY 1, 2 ORDER BY 1, 2\n\\\\crosstabview sex severity n\n" | psql -X centres > pg_crosstab_sex.txt
pg aligned -c "SELECT attname, most_common_vals, histogram_bounds FROM pg_stats WHERE tablename = 'people' AND attname IN ('weight', 'sex')" > pg_stats.txt
pg aligned -c '\d labs' -c 'EXPLAIN SELECT test, count(*) FROM labs GROUP BY 1' > pg_table.txt
psql -X -a centres > pg_session.log 2>&1 <<END
-- counts for the methods section
SELECT count(*) FROM people;
SELECT severity, count(*) FROM people GROUP BY 1 ORDER BY 2;
SELECT no_such_column FROM people;
\timing off
SELECT round(avg(hb), 2) AS mean FROM people WHERE age >= 18;
END
psql -X -a centres > pg_look.log 2>&1 <<END
-- who is that?
SELECT age, sex, diagnosis, weight, followed FROM people WHERE region = 'island' AND treatment = 'gene therapy';
SELECT count(*) FROM people WHERE region = 'island' AND hiv = 1;
END
pg_dump -Fp --data-only --table=people centres 2>/dev/null | sed -n '/^COPY/,/^\\\\\./p' | head -31 > pg_copy.sql
