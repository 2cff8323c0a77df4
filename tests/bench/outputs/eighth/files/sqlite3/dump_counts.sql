BEGIN TRANSACTION;
CREATE TABLE "counts" (
"unit" TEXT,
  "gender" TEXT,
  "n" INTEGER
);
INSERT INTO "counts" VALUES('Ashgrove','female',613);
INSERT INTO "counts" VALUES('Ashgrove','male',556);
INSERT INTO "counts" VALUES('Birchfield','female',580);
INSERT INTO "counts" VALUES('Birchfield','male',480);
INSERT INTO "counts" VALUES('Cedarholm','female',451);
INSERT INTO "counts" VALUES('Cedarholm','male',392);
INSERT INTO "counts" VALUES('Dunmere','female',394);
INSERT INTO "counts" VALUES('Dunmere','male',350);
COMMIT;
