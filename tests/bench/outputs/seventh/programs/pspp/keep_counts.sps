INCLUDE "get.inc".
AGGREGATE OUTFILE="counts.sav" /BREAK=sex severity /n=N /mean_hb=MEAN(hb).
GET FILE="counts.sav".
EXPORT OUTFILE="counts.por".
