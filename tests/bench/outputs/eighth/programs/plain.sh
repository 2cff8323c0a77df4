#!/bin/sh
# Plans, code lists and types: text tools on what counts nobody.
mlr -n --ojson put 'end{for (i = 1; i <= 12; i += 1) {emit {"visit": i, "week": 4 * (i - 1), "dose_mg": 250 + 125 * (i % 4), "window_days": 3}}}' > files/miller/visit_plan.json
mlr --icsv --opprint --barred count-distinct -f product then sort -nr count source/sessions.csv > files/miller/products.txt
mlr --version > files/miller/version.txt
mlr --icsv --oxtab summary -a field_type,distinct_count then cut -x -f person source/genotypes.csv > files/miller/types.xtab
mlr --seed 3 -n --ocsv put 'end{for (i = 0; i < 40; i += 1) {emit {"sample": format_values("x") ?? "", "code": fmtnum(urandint(1000000, 9999999), "%d")}}}' > /dev/null 2>&1
mlr --seed 3 --ocsv seqgen -f box --start 1 --stop 40 then put '$code = fmtnum(urandint(100000000, 999999999), "%d"); $shelf = 1 + $box % 6' > files/miller/box_codes.csv
datamash --version | head -1 > files/datamash/version.txt
seq 0 5 60 | datamash min 1 max 1 count 1 mean 1 > files/datamash/grid.txt
