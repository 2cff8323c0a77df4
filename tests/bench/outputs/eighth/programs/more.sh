#!/bin/sh
# Changed and hidden rows, suppressed tables, pairs of releases and logs, by text tools.
P=source/persons.csv G=source/genotypes.csv o=files/miller
mlr --icsv --otsv head -n 70 then put '$v1 = fmtnum(log($ferritin), "%.3f"); $v2 = fmtnum(($hb - 91.7) / 12.2, "%.4f"); $v3 = fmtnum($weight_kg * 0.1, "%.4f"); $v4 = $age' then cut -o -f v1,v2,v3,v4 $P > $o/scaled.tsv
mlr --icsv --oxtab filter '$beta == "CD6S/CD39"' then cut -x -f person then head -n 60 $G > $o/genotypes.xtab
mlr --icsv --opprint --barred filter '$tongue == "Thai"' then cut -f person then head -n 60 $P > $o/keys_thai.txt
mlr --icsv --opprint count-distinct -f tongue then sort -f tongue $P > $o/tongue_march.txt
mlr --icsv --opprint filter '$unit != "Harbourside"' then count-distinct -f tongue then sort -f tongue $P > $o/tongue_april.txt
mlr --icsv --opprint filter '$doing == "pupil"' then count-distinct -f blood_group then sort -f blood_group $P > $o/blood_pupils.txt
mlr --icsv --opprint filter '$doing == "employed"' then count-distinct -f blood_group then sort -f blood_group $P > $o/blood_employed.txt
mlr --icsv --opprint count-distinct -f tongue,ulcer then reshape -s ulcer,count then put '$total = ${0} + ${1}; if (${1} < 10) {${1} = "<10"}' then sort -f tongue $P > $o/ulcer_hidden_total.txt
mlr --icsv --opprint filter '$tongue != "Maltese"' then count-distinct -f tongue,ulcer then reshape -s ulcer,count then put 'if (${1} < 10) {${1} = "<10"}' then sort -f tongue then rename 0,none,1,ulcer $P > $o/ulcer_hidden.txt
mlr --icsv --ojson filter '$remark != "" && $condition == "S beta plus"' then cut -f unit,remark then head -n 25 $P > $o/remarks.json
mlr --icsv --opprint stats2 -a linreg-ols,r2 -f bags_year,ferritin $P > $o/line.txt
mlr --icsv --oxtab stats1 -a count,mean -f stroke,died -g gender $P > $o/shares_by_gender.xtab
mlr --icsv --ojson stats1 -a mean -f ulcer -g tongue then put '$percent = fmtnum(100 * $ulcer_mean, "%.2f")' then cut -f tongue,percent then sort -f tongue $P > $o/ulcer_share.json
cut -d, -f2,5,6,17,21 source/persons_plain.csv | sed -n '1p;700,739p' | datamash -t, transpose > files/datamash/transposed.csv
cut -d, -f2,3 source/persons_plain.csv | datamash -t, --header-in -s -g 1 unique 2 countunique 2 count 2 > files/datamash/genders_by_unit.csv
cut -d, -f13,17,21 source/persons_plain.csv | datamash -t, --header-in -R 4 ppearson 1:2 ppearson 1:3 ppearson 2:3 > files/datamash/pearson.csv
make -f programs/Makefile leaky > files/make/build_leaky.log 2>&1
make -f programs/Makefile safe > files/make/build_safe.log 2>&1
