* derive analysis variables, version 3
version 17
use registry_lock3, clear
gen byte old = age >= 60 if !missing(age)
gen ipset = old + 2*(prior_event != "none") + strpos(driver, "JAK2")
recode ipset (0=1 "very low") (1=2 "low") (2=3 "intermediate") (3/4=4 "high"), gen(riskgrp)
gen hct_target = hct < 45
label var hct_target "haematocrit below 45 %"
egen ageband = cut(age), at(18 40 60 75 100)
stset death_days, failure(death) scale(365.25)
sts test riskgrp
power logrank 0.80 0.70, alpha(0.05) power(0.9)
* 9 variables derived; seed for the bootstrap: 4617; reps(1000)
save analysis, replace
