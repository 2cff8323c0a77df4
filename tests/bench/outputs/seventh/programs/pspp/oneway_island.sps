INCLUDE "get.inc".
SELECT IF (region = "island" AND sex = "F").
RECODE severity ("mild"=1) ("moderate"=2) ("severe"=3) INTO grade.
ONEWAY /VARIABLES=hb BY grade /STATISTICS=DESCRIPTIVES.
