INCLUDE "get.inc".
FREQUENCIES /VARIABLES=treatment joint_score /FORMAT=AVALUE.
