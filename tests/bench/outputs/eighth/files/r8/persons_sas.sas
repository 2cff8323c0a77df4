* Written by R;
*  foreign::write.foreign(p[300:340, c("age", "height_cm", "weight_kg",  ;

DATA  rdata ;
INFILE  "files/r8/persons_sas.txt" 
     DSD 
     LRECL= 26 ;
INPUT
 age
 height_cm
 weight_kg
 ferritin
 hb
;
RUN;
