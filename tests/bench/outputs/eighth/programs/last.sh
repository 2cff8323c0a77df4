#!/bin/sh
# Hashes, differences, samples, packed models, scaled rows, notebooks and hidden counts.
P=source/persons.csv o=files/miller
mlr --icsv --ocsv filter '$tongue == "Maltese"' then put '$key = sha256($person)' then cut -o -f key,unit $P > $o/hashed.csv
mlr --icsv --ojsonl filter '$unit == "Harbourside"' then cut -o -f age,ferritin,hb,weight_kg then shuffle then put '$ferritin = roundm($ferritin, 1); $weight_kg = fmtnum($weight_kg * 2.2046, "%.4f")' $P > $o/shuffled_pounds.jsonl
mlr --icsv --omd sample -k 3 -g unit then cut -o -f unit,condition,age,height_cm,ferritin $P > $o/sampled.md
mlr --icsv --ocsv filter '$condition == "Hb Lepore"' then fraction -f cost then cut -o -f unit,cost,cost_fraction $P > $o/fractions.csv
mlr --icsv --opprint --barred count-distinct -f doing,stroke then reshape -s stroke,count then rename 0,none,1,stroke then put '$all = $none + $stroke; $percent = fmtnum(100 * $stroke / $all, "%.1f")' then sort -f doing $P > $o/stroke_percent.txt
w() { f=$1; shift; java -Xmx500m -cp "$WEKA" "$@" > files/weka/$f 2>/dev/null; }
w x weka.classifiers.lazy.IBk -t source/weka_test.arff -c last -no-cv -d files/weka/neighbours.model
w x weka.classifiers.functions.LinearRegression -t source/weka_numeric.arff -c last -no-cv -d files/weka/linear.model
w x weka.filters.unsupervised.attribute.Standardize -i source/weka_test.arff -o files/weka/standardised.arff
w cross_validated.txt weka.classifiers.functions.Logistic -t source/weka_large.arff -c last -x 5 -o
rm files/weka/x
printf '# Look at the table\n\n' > look.md
awk -F, 'NR == 1 || ($5 > 60 && n++ < 25)' source/persons_plain.csv | cut -d, -f2,3,5,6,17,21 > old.csv
pandoc -f csv -t markdown old.csv >> look.md
pandoc --standalone -t ipynb -o files/pandoc/elders.ipynb look.md
pandoc --standalone -t ipynb -o files/pandoc/protocol.ipynb programs/protocol.md
rm look.md old.csv
