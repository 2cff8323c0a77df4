INCLUDE "get.inc".
T-TEST /GROUPS=sex("F","M") /VARIABLES=hb creatinine.
