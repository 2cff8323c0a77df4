INCLUDE "get.inc".
RECODE sex ("F"=0) ("M"=1) INTO male.
GLM hb BY male hiv /INTERCEPT=INCLUDE.
