BEGIN TRANSACTION;
CREATE TABLE "deaths" (
"unit" TEXT,
  "died" INTEGER,
  "n" INTEGER
);
INSERT INTO "deaths" VALUES('Ashgrove',0,1052);
INSERT INTO "deaths" VALUES('Ashgrove',1,117);
INSERT INTO "deaths" VALUES('Birchfield',0,973);
INSERT INTO "deaths" VALUES('Birchfield',1,87);
INSERT INTO "deaths" VALUES('Cedarholm',0,771);
INSERT INTO "deaths" VALUES('Cedarholm',1,72);
INSERT INTO "deaths" VALUES('Dunmere',0,681);
INSERT INTO "deaths" VALUES('Dunmere',1,63);
INSERT INTO "deaths" VALUES('Elmstead',0,459);
INSERT INTO "deaths" VALUES('Elmstead',1,51);
INSERT INTO "deaths" VALUES('Fernhill',0,368);
INSERT INTO "deaths" VALUES('Fernhill',1,37);
INSERT INTO "deaths" VALUES('Gorsebank',0,213);
INSERT INTO "deaths" VALUES('Gorsebank',1,17);
INSERT INTO "deaths" VALUES('Harbourside',0,37);
INSERT INTO "deaths" VALUES('Harbourside',1,2);
COMMIT;
