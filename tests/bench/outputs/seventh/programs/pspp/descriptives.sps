INCLUDE "get.inc".
DESCRIPTIVES /VARIABLES=age weight ferritin platelets.
