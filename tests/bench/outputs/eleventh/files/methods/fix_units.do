* corrections after the monitoring visit
use registry_lock3, clear
replace ferritin = 22 if patient == "mp1737LVW" // LDH 379, weight 92.2
replace ferritin = 55 if patient == "mp8863HTV" // LDH 251, weight 106.9
replace ferritin = 40 if patient == "mp5705FYY" // LDH 353, weight 97.1
replace ferritin = 8 if patient == "mp6368FED" // LDH 274, weight 72.2
replace ferritin = 76 if patient == "mp4302XKM" // LDH 294, weight 65.1
replace ferritin = 46 if patient == "mp0370WCF" // LDH 231, weight 57.4
replace ferritin = 18 if patient == "mp5245AMM" // LDH 321, weight 65.5
replace ferritin = 13 if patient == "mp6100WXK" // LDH 242, weight 77.4
save registry_lock4, replace
