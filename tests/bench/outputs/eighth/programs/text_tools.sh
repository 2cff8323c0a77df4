#!/bin/sh
# Miller, datamash, csvkit, VisiData, awk, Perl and Ruby. Run where source/ and files/ lie.
P=source/persons.csv S=source/sessions.csv G=source/genotypes.csv
cd_out=files/miller
mlr --icsv --opprint --barred count-distinct -f unit,condition then reshape -s condition,count then unsparsify --fill-with 0 $P > $cd_out/unit_condition_barred.txt
mlr --icsv --opprint --barred filter '$unit != "Harbourside"' then count-distinct -f unit,chelator then reshape -s chelator,count then regularize then sort -f unit $P > $cd_out/unit_chelator_barred.txt
mlr --icsv --oxtab count-distinct -f tongue,ulcer then sort -f tongue $P > $cd_out/tongue_ulcer.xtab
mlr --icsv --oxtab count-distinct -f doing,gender then sort -f doing $P > $cd_out/doing_gender.xtab
mlr --icsv --oxtab stats1 -a count,mean,min,p5,median,p95,max -f ferritin,cost $P > $cd_out/stats_ferritin.txt
mlr --icsv --opprint stats1 -a count,mean,stddev,skewness -f ferritin,hb,weight_kg -g chelator then sort -f chelator $P > $cd_out/stats_by_chelator.txt
mlr --icsv --opprint summary $P > $cd_out/summary_persons.txt
mlr --icsv --opprint --right top -n 5 -f cost -g condition -a then cut -o -f condition,age,unit,bags_year,cost $P > $cd_out/top_cost.txt
mlr --icsv --omd head -n 24 then cut -o -f unit,gender,age,condition,ferritin,hb,weight_kg,cost then rename unit,site,condition,dx $P > $cd_out/head_persons.md
mlr --icsv --ojsonl filter '$condition == "S beta plus"' then cut -f given_on,volume_ml,hb_before,hb_after,minutes,person then head -n 40 $S > $cd_out/none.jsonl
mlr --icsv --ojsonl filter '$product == "irradiated"' then head -n 40 then cut -o -f given_on,volume_ml,hb_before,hb_after,minutes $S > $cd_out/irradiated.jsonl
mlr --icsv --ojson count-similar -g rs1427407 -o n then head -n 1 -g rs1427407 then cut -f rs1427407,n then sort -f rs1427407 $G > $cd_out/rs1427407_counts.json
mlr --icsv --opprint histogram -f hb --lo 50 --hi 140 --nbins 9 $P > $cd_out/hb_histogram_nine.txt
mlr --icsv --opprint filter '$hb >= 60 && $hb < 120' then histogram -f hb --lo 60 --hi 120 --nbins 6 $P > $cd_out/hb_histogram_six.txt
mlr --icsv --odkvp count-distinct -f blood_group,gender $P > $cd_out/blood_gender.dkvp
mlr --icsv --onidx --ofs ' ' count-distinct -f blood_group,tongue then sort -f blood_group,tongue $P > $cd_out/blood_tongue.nidx
mlr --icsv --otsv nothing then put -q 'end{emit (@a)}' $P > /dev/null; rm -f $cd_out/none.jsonl

o=files/datamash
datamash -t, --header-in -s crosstab 7,10 < source/persons_plain.csv > $o/tongue_blood.tsv
datamash -t, --header-in -s crosstab 8,3 < source/persons_plain.csv > $o/doing_gender.txt
datamash -t, -sH groupby 2 count 1 mean 5 q1 5 median 5 q3 5 max 5 < source/persons_plain.csv > $o/age_by_unit.csv
datamash -t, -sHR 1 groupby 14 count 1 mean 21 sstdev 21 < source/persons_plain.csv > $o/hb_by_chelator.csv
datamash -t, -sH groupby 6 collapse 18 < source/lepore_plain.csv > $o/lepore_iron.csv

o=files/csvkit
csvstat source/persons_short.csv > $o/stat_persons.txt
csvstat --count source/persons.csv > $o/stat_rows.txt
csvcut -c unit,gender source/persons.csv | csvstat > $o/stat_unit_gender.txt
csvgrep -c condition -m "Hb Lepore" $P | csvcut -c unit,gender,age,tongue,ferritin,hb,cost | csvlook > $o/look_lepore.txt
csvsql --query "select condition, spleen_out, count(*) as persons from persons_plain group by 1,2 order by 1,2" source/persons_plain.csv | csvlook > $o/sql_condition_spleen.txt
csvsql --query "select chelator, spleen_out, count(*) as persons from persons_plain group by 1,2 order by 1,2" source/persons_plain.csv | csvlook > $o/sql_chelator_spleen.txt
csvsql -i mysql --tables persons source/persons_plain.csv > $o/create_persons.sql
csvsort -r -c ferritin source/persons_plain.csv | head -31 | csvcut -c unit,age,condition,ferritin,liver_iron,t2star_ms | csvjson -i 2 > $o/highest_ferritin.json

o=files/shell
awk -F, 'NR>1 && $2!="" {n[$2" "$33]++} END {for (k in n) printf "%-24s %5d\n", k, n[k] | "sort"}' source/persons_plain.csv > $o/awk_unit_stroke.txt
awk -F, 'NR>1 {n[$8]++; s[$8]+=$5; h[$8]+=$21} END {print "doing          n   age    hb"; for (k in n) printf "%-10s %5d %5.1f %5.1f\n", k, n[k], s[k]/n[k], h[k]/n[k]}' source/persons_plain.csv > $o/awk_means_by_doing.txt
cut -d, -f6 source/persons_plain.csv | tail -n +2 | sort | uniq -c | sort -rn > $o/uniq_condition.txt
cut -d, -f9 source/persons_plain.csv | tail -n +2 | sort | uniq -c | sort -rn | awk '$1>3' > $o/uniq_enrolled.txt
cut -d, -f2,7 source/persons_plain.csv | tail -n +2 | sort | uniq -c | awk '$1<10' > $o/uniq_rare.txt
perl programs/report.pl < source/persons_plain.csv
ruby programs/report.rb
