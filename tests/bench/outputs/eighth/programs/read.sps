GET DATA /TYPE=TXT /FILE='source/persons_plain.csv' /DELIMITERS=',' /FIRSTCASE=2
 /VARIABLES=person A8 unit A11 gender A6 born A10 age F3.0 condition A15 tongue A8 doing A9 enrolled A10 blood_group A2
 height_cm F6.1 weight_kg F6.1 bags_year F3.0 chelator A15 hydroxyurea_mg F5.0 spleen_out A3 ferritin F6.0 liver_iron F5.1
 t2star_ms F5.1 ejection F3.0 hb F3.0 hbf F5.1 wbc F5.1 bilirubin F4.0 alt F4.0 crises F2.0 nights F3.0 pain F2.0 ulcer F1.0
 diabetes F1.0 antibodies F1.0 cost F10.2 stroke F1.0 stroke_days F5.0 died F1.0 died_days F5.0.
