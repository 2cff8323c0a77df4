INCLUDE "get.inc".
SELECT IF (centre = "H").
ROC age BY dead (1) /PLOT=NONE /PRINT=COORDINATES SE.
