#!/bin/sh
# Draws with gnuplot in several terminals. DATA and OUT are folders.
set -e
work=$(mktemp -d); mkdir -p "$OUT/gnuplot"; cd "$work"
awk -F, '$2 == "F" {print $6, $18}' "$DATA/patients.csv" > few.dat
awk -F, '$4 == "F" {print $6, $18}' "$DATA/patients.csv" > women.dat
awk -F, 'NR > 1 {n[$8]++} END {for (s in n) print s, n[s]}' "$DATA/patients.csv" | sort > severity.dat
awk -F, 'NR > 1 && $2 == "H" {n[int($6 / 10) * 10]++} END {for (s in n) print s, n[s]}' "$DATA/patients.csv" | sort -n > ages.dat
draw() { gnuplot -e "set terminal $1; set output '$2'; $3"; mv "$2" "$OUT/gnuplot/"; }
dots="set xlabel 'age'; set ylabel 'weight'; plot 'few.dat' using 1:2 with points pt 7 notitle"
bars="set xrange [-0.6:2.6]; set boxwidth 0.8; set yrange [0:*]; set style fill solid; plot 'severity.dat' using 2:xtic(1) with boxes title 'people', '' using 0:2:2 with labels notitle"
ages="set yrange [0:*]; set boxwidth 8; plot 'ages.dat' using 1:2 with boxes title 'people', '' using 1:2:2 with labels offset 0,1 notitle"
line="f(x) = 120 * exp(-x / 12.0); plot [0:48] f(x) title 'factor level after a dose'"
draw "svg size 500,350" dots.svg "$dots"
draw "svg size 500,350" bars.svg "$bars"
draw "postscript eps color" dots.eps "$dots"
draw "postscript eps color" line.eps "$line"
draw "dumb size 79,24" ages.txt "$ages"
draw "dumb size 79,24" bars.txt "$bars"
draw "pngcairo size 500,350" line.png "$line" 2>/dev/null || draw "png size 500,350" line.png "$line"
draw "canvas" dots.html "$dots"
gnuplot -e "set table '$OUT/gnuplot/dots_table.txt'; plot 'few.dat' using 1:2"
gnuplot -e "f(x) = 120 * exp(-x / 12.0); set samples 13; set table '$OUT/gnuplot/line_table.txt'; plot [0:48] f(x)"
gnuplot -e "stats 'few.dat' using 2" 2> "$OUT/gnuplot/stats.txt"
gnuplot -e "f(x) = a + b * x; a = 60; b = .1; fit f(x) 'women.dat' via a, b" 2> /dev/null
mv fit.log "$OUT/gnuplot/fit.log"
rm -r "$work"
