* Polyneuropathie naar behandeling, versie 2 (R. Dijkstra, ziekenhuisapotheek).
GET FILE='neuropathie.sav'.
RECODE neuropathy (0 1=0) (2 thru 4=1) INTO pnp2.
VARIABLE LABELS pnp2 'Graad 2 of hoger'.
VALUE LABELS pnp2 0 'nee' 1 'ja'.
SELECT IF regimen NE 'none'.
CROSSTABS /TABLES=regimen BY pnp2 /CELLS=COUNT ROW /STATISTICS=CHISQ.
LOGISTIC REGRESSION pnp2 WITH bortezomib_mg age /PRINT=CI(95).
* cellen kleiner dan 10 niet tonen in het verslag.
