INCLUDE "get.inc".
SELECT IF (centre = "H" AND severity = "moderate").
REGRESSION /VARIABLES=height /DEPENDENT=weight.
