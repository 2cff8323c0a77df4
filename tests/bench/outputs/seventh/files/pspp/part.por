ASCII SPSS PORT FILE                    ASCII SPSS PORT FILE                    
ASCII SPSS PORT FILE                    ASCII SPSS PORT FILE                    
ASCII SPSS PORT FILE                    0000000000000000000000000000000000000000
0000000000000000000000000123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst
uvwxyz .<(+|&[]!$*);^-/|,%_>?`:$@'="000000~-0000123456789000-()0{}\0000000000000
00000000000000000000000000000000000000000000000000000000SPSSPORTA8/202611306/003
2401E/GNU pspp 1.6.23J/x86_64-pc-linux-gnu45/5B/70/3/AGE5/3/0/5/3/0/71/3/SEX1/1/
0/1/1/0/7A/8/SEVERITY1/A/0/1/A/0/70/6/WEIGHT5/7/1/5/7/1/70/2/HB5/4/0/5/4/0/F29/1
/MA/severe    2J.I/5B/8/1/MA/mild      17.C/51/27/1/MA/mild      2S.C/4O/14/1/MA
/severe    39.O/5I/25/1/MA/severe    1S.F/4B/F/1/MA/severe    21.F/59/N/1/MA/mod
erate  26/50/18/1/MA/moderate  2R.F/53/26/1/MA/severe    2A.F/4S/20/1/MA/moderat
e  3B.C/4C/22/1/MA/mild      2M.C/56/D/1/MA/severe    26.6/57/G/1/FA/moderate  2
C.3/3M/1A/1/MA/severe    2I.L/52/20/1/MA/mild      2E.L/4P/B/1/MA/severe    26.6
/47/1F/1/MA/mild      2K.L/49/P/1/MA/mild      2K.6/4T/1C/1/MA/mild      3F.9/52
/16/1/MA/mild      2L.O/4N/17/1/MA/moderate  2E.9/50/16/1/MA/severe    30.6/4M/O
/1/MA/moderate  22/4P/2H/1/MA/mild      1T.C/4S/1C/1/MA/mild      2G.R/5H/1D/1/M
A/mild      28.3/5O/1B/1/MA/severe    26/4C/1F/1/MA/severe    29.3/4G/2C/1/MA/se
vere    2K.3/4G/15/1/MA/severe    30.R/58/1M/1/MA/moderate  3B.6/55/F/1/MA/moder
ate  1M/59/I/1/MA/mild      2G/4C/E/1/MA/severe    1K.O/4E/2D/1/MA/mild      20.
O/4C/6/1/MA/mild      1G.I/5H/27/1/MA/severe    2C/4M/1I/1/FA/mild      1K.F/4M/
5/1/MA/severe    17.9/50/17/1/MA/mild      2T.6/4F/22/1/MA/severe    2N/4N/ZZZZZ
