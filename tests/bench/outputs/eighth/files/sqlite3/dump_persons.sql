BEGIN TRANSACTION;
CREATE TABLE "extract" (
"unit" TEXT,
  "gender" TEXT,
  "age" INTEGER,
  "condition" TEXT,
  "hb" INTEGER,
  "ferritin" INTEGER,
  "enrolled" TEXT
);
INSERT INTO "extract" VALUES('Fernhill','male',36,'SS',86,964,'2018-12-08');
INSERT INTO "extract" VALUES('Gorsebank','female',6,'SS',75,675,'2023-04-09');
INSERT INTO "extract" VALUES('Cedarholm','female',11,'SC',116,2255,'2016-09-13');
INSERT INTO "extract" VALUES('Dunmere','male',39,'beta major',103,658,'1988-08-12');
INSERT INTO "extract" VALUES('Birchfield','female',16,'HbE beta',108,2036,'2017-08-01');
INSERT INTO "extract" VALUES('Birchfield','female',34,'beta intermedia',69,334,'2014-05-12');
INSERT INTO "extract" VALUES('Elmstead','female',24,'beta major',91,1590,'2014-09-17');
INSERT INTO "extract" VALUES('Dunmere','female',34,'SS',67,2210,'2007-11-19');
INSERT INTO "extract" VALUES('Cedarholm','female',46,'HbE beta',91,433,'1987-07-19');
INSERT INTO "extract" VALUES('Birchfield','female',9,'beta major',91,4532,'2015-12-30');
INSERT INTO "extract" VALUES('Elmstead','male',4,'beta intermedia',94,360,'2021-08-14');
INSERT INTO "extract" VALUES('Dunmere','male',16,'SS',97,1083,'2011-12-08');
INSERT INTO "extract" VALUES('Ashgrove','female',15,'SS',80,766,'2019-06-25');
INSERT INTO "extract" VALUES('Elmstead','female',10,'S beta zero',116,264,'2016-03-07');
INSERT INTO "extract" VALUES('Dunmere','female',50,'beta major',71,936,'1999-08-27');
INSERT INTO "extract" VALUES('Cedarholm','male',8,'beta major',88,2609,'2023-02-15');
INSERT INTO "extract" VALUES('Dunmere','female',34,'SS',92,602,'1995-12-15');
INSERT INTO "extract" VALUES('Elmstead','male',30,'beta intermedia',108,556,'2020-11-22');
INSERT INTO "extract" VALUES('Elmstead','female',17,'SS',73,402,'2019-06-20');
INSERT INTO "extract" VALUES('Ashgrove','female',10,'beta major',86,184,'2022-05-10');
INSERT INTO "extract" VALUES('Cedarholm','male',24,'S beta zero',108,1157,'2017-06-09');
INSERT INTO "extract" VALUES('Dunmere','male',34,'beta major',96,2425,'1993-05-30');
INSERT INTO "extract" VALUES('Cedarholm','male',49,'beta major',95,809,'2004-10-12');
INSERT INTO "extract" VALUES('Birchfield','female',31,'beta intermedia',90,5573,'2004-11-13');
INSERT INTO "extract" VALUES('Ashgrove','female',37,'SS',83,376,'1991-12-30');
INSERT INTO "extract" VALUES('Cedarholm','female',39,'S beta zero',108,1190,'2004-10-31');
INSERT INTO "extract" VALUES('Fernhill','female',46,'S beta plus',103,1704,'2008-01-04');
INSERT INTO "extract" VALUES('Fernhill','male',23,'SC',110,740,'2016-03-24');
INSERT INTO "extract" VALUES('Ashgrove','male',19,'beta intermedia',88,833,'2021-09-18');
INSERT INTO "extract" VALUES('Elmstead','female',27,'SC',92,505,'2015-12-09');
INSERT INTO "extract" VALUES('Ashgrove','male',36,'beta intermedia',91,282,'1992-05-28');
INSERT INTO "extract" VALUES('Ashgrove','female',47,'HbH',90,291,'1996-05-14');
INSERT INTO "extract" VALUES('Cedarholm','male',19,'beta major',87,629,'2024-10-13');
INSERT INTO "extract" VALUES('Ashgrove','male',39,'SS',88,2869,'2001-07-22');
INSERT INTO "extract" VALUES('Dunmere','male',23,'beta major',87,455,'2004-02-28');
INSERT INTO "extract" VALUES('Ashgrove','female',8,'beta major',77,1235,'2020-07-04');
INSERT INTO "extract" VALUES('Ashgrove','female',47,'SS',106,127,'2022-02-12');
INSERT INTO "extract" VALUES('Cedarholm','female',9,'SS',77,279,'2023-07-14');
INSERT INTO "extract" VALUES('Ashgrove','male',28,'beta major',76,1747,'2003-11-13');
INSERT INTO "extract" VALUES('Ashgrove','male',27,'SS',84,787,'2006-08-12');
INSERT INTO "extract" VALUES('Cedarholm','male',53,'SS',87,377,'1972-07-12');
INSERT INTO "extract" VALUES('Fernhill','female',42,'SS',80,3052,'1999-12-31');
INSERT INTO "extract" VALUES('Cedarholm','female',41,'SC',127,291,'2011-01-12');
INSERT INTO "extract" VALUES('Dunmere','female',43,'SS',80,1515,'2008-10-14');
INSERT INTO "extract" VALUES('Elmstead','male',22,'beta major',69,879,'2005-09-15');
INSERT INTO "extract" VALUES('Dunmere','male',51,'HbE beta',117,405,'1980-07-07');
INSERT INTO "extract" VALUES('Ashgrove','female',42,'beta major',88,2064,'1996-01-10');
INSERT INTO "extract" VALUES('Birchfield','male',61,'SS',100,497,'2005-08-26');
COMMIT;
