INCLUDE "get.inc".
SELECT IF (centre = "H").
SAVE OUTFILE="part.sav" /KEEP=age sex severity weight hb cost /UNCOMPRESSED.
EXPORT OUTFILE="part.por" /KEEP=age sex severity weight hb.
AGGREGATE OUTFILE="small.sav" /BREAK=region severity /n=N /deaths=SUM(dead).
