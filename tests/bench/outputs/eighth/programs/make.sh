#!/bin/sh
# How the files of the programs were made; they are frozen, and newer versions print otherwise.
# Run where source/ (python -m tests.bench.outputs.eighth.units source), files/ and programs/ lie.
# SOCK: folders of the sockets of MariaDB and PostgreSQL; WEKA: the jars; PROFILE: LibreOffice's.
set -e
python3 programs/inputs.py
for one in text_tools more plain last pspp gnumeric graphs pandoc duck weka maria psql plans; do sh programs/$one.sh; done
for one in packages more_r; do Rscript --vanilla programs/$one.R; done
for one in console console_rows; do R -q --no-save --vanilla < programs/$one.R > files/r8/$one.Rout 2>&1; done
gretlcli -b programs/gretl.inp
gnuplot programs/plots.gp
gnuplot programs/stats.gp 2> files/gnuplot/stats_ferritin.txt
octave-cli --no-gui -q programs/tables.m
maxima -q --very-quiet -b programs/maxima.mac
for one in paper paper_rare; do pdflatex -interaction=batchmode programs/$one.tex; done
soffice --headless --norestore --accept="socket,host=localhost,port=2083;urp;" &
python3 programs/office.py
python3 programs/hidden.py
for one in clickhouse spark explain; do python3 programs/$one.py; done
go run programs/tables.go
