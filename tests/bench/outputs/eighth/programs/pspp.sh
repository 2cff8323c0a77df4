#!/bin/sh
# PSPP: each procedure reads the table by read.sps, and writes in the formats named.
o=files/pspp
run() { { cat programs/read.sps; cat; } > pspp_tmp.sps; pspp pspp_tmp.sps "$@" >/dev/null; rm pspp_tmp.sps; }
run -o $o/examine_cost_by_spleen.txt <<'S'
EXAMINE cost BY spleen_out /STATISTICS=EXTREME(5) DESCRIPTIVES /PERCENTILES(25 50 75).
S
run -o $o/crosstabs_condition_gender.odt -o $o/crosstabs_condition_gender.html <<'S'
CROSSTABS condition BY gender /STATISTICS=CHISQ PHI LAMBDA /CELLS=COUNT ROW EXPECTED RESIDUAL.
S
run -o $o/crosstabs_doing_gender.odt -o $o/crosstabs_doing_gender.pdf <<'S'
CROSSTABS doing BY gender /STATISTICS=CHISQ PHI /CELLS=COUNT ROW EXPECTED.
S
run -o $o/means_by_chelator.txt <<'S'
MEANS TABLES=ferritin hb BY chelator /CELLS=COUNT MEAN STDDEV SEMEAN.
S
run -o $o/means_max_by_condition.txt <<'S'
MEANS TABLES=ferritin BY condition /CELLS=COUNT MEAN MIN MAX.
S
run -o $o/npar_hb_gender.txt <<'S'
AUTORECODE gender /INTO sex.
NPAR TESTS /MANN-WHITNEY=hb BY sex (1 2) /K-S(NORMAL)=hbf.
S
run -o $o/npar_lepore.txt <<'S'
SELECT IF condition EQ 'Hb Lepore'.
AUTORECODE blood_group /INTO bg.
NPAR TESTS /KRUSKAL-WALLIS=hb BY bg (1 4).
S
run -o $o/glm_hb.txt <<'S'
AUTORECODE gender /INTO sex.
AUTORECODE chelator /INTO chel.
GLM hb BY sex chel.
S
run -o $o/logistic_stroke.txt <<'S'
LOGISTIC REGRESSION VARIABLES=stroke WITH age hbf /PRINT=CI(95).
S
run -o $o/logistic_gorsebank.txt <<'S'
SELECT IF unit EQ 'Gorsebank'.
LOGISTIC REGRESSION VARIABLES=ulcer WITH age hb.
SELECT IF condition EQ 'HbH'.
REGRESSION /VARIABLES=age bags_year /DEPENDENT=hb /METHOD=ENTER.
S
run -o $o/roc_harbourside.txt <<'S'
SELECT IF unit EQ 'Harbourside'.
ROC age BY stroke (1) /PLOT=NONE /PRINT=SE COORDINATES.
S
run -o $o/factor.txt <<'S'
FACTOR VARIABLES=ferritin bags_year hb bilirubin alt wbc /PRINT=INITIAL EXTRACTION ROTATION /ROTATION=VARIMAX.
S
run -o $o/list_maltese.csv <<'S'
SELECT IF tongue EQ 'Maltese'.
LIST unit gender age condition ferritin hb weight_kg.
S
run -o $o/frequencies_crises.tex <<'S'
FREQUENCIES crises /STATISTICS=MEAN STDDEV MAXIMUM.
S
run -o $o/frequencies_doing.tex <<'S'
FREQUENCIES doing /STATISTICS=NONE.
S
run -o $o/oneway_ferritin.txt <<'S'
AUTORECODE blood_group /INTO bg.
ONEWAY ferritin BY bg /STATISTICS=DESCRIPTIVES HOMOGENEITY.
S
run -o $o/correlations.csv <<'S'
CORRELATIONS ferritin bags_year hb alt.
S
run -o $o/dictionary.txt <<'S'
VARIABLE LABELS ferritin 'Ferritin, ug/L' /hb 'Haemoglobin, g/L' /bags_year 'Bags in the last year'.
VALUE LABELS stroke 0 'no' 1 'yes' /died 0 'alive' 1 'died'.
DISPLAY DICTIONARY /VARIABLES=ferritin hb bags_year stroke died.
S
run -o $o/ttest_hb.csv <<'S'
AUTORECODE gender /INTO sex.
T-TEST /GROUPS=sex (1, 2) /VARIABLES=hb ferritin.
S
run -o $o/reliability.txt <<'S'
RELIABILITY /VARIABLES=ferritin bags_year antibodies /MODEL=ALPHA.
S
run -o $o/regression.html <<'S'
REGRESSION /VARIABLES=age bags_year /DEPENDENT=hb /METHOD=ENTER /STATISTICS=COEFF R ANOVA CI.
S
run -o $o/ranked_units.txt <<'S'
AGGREGATE OUTFILE=* /BREAK=unit /n=N /mean_hb=MEAN(hb).
SELECT IF n > 100.
RANK n (D) /RANK INTO place.
FORMATS mean_hb (F5.1) place (F2.0) n (F5.0).
LIST.
S
