INCLUDE "get.inc".
SELECT IF (centre = "G" AND surgery = 1).
LIST /VARIABLES=age sex severity weight hb followed surgery_days.
