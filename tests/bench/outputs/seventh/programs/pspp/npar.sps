INCLUDE "get.inc".
NPAR TESTS /BINOMIAL(0.5)=dead /CHISQUARE=hiv.
CORRELATIONS /VARIABLES=age height weight hb.
