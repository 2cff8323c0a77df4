#!/bin/sh
# Runs each script of gretl beside the data. DATA, OUT and PROGRAMS are folders.
set -e
work=$(mktemp -d); cp "$DATA/patients.csv" "$PROGRAMS"/gretl/*.inp "$work"; cd "$work"
export HOME="$work"; mkdir -p "$OUT/gretl"
head -61 patients.csv > few.csv
for one in *.inp; do gretlcli -b "$one" > "${one%.inp}.log" 2>&1; done
gretlcli -b few.inp > few.log 2>&1  # last: the table of strings of this one is kept
find . -name '*.txt' -o -name '*.gdt' -o -name '*.tex' | while read -r one; do cp "$one" "$OUT/gretl"; done
rm -r "$work"
