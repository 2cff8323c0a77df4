PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE summary(
  diagnosis TEXT,
  severity TEXT,
  n,
  deaths
);
INSERT INTO summary VALUES('haemophilia A','mild',989,230);
INSERT INTO summary VALUES('haemophilia A','moderate',436,107);
INSERT INTO summary VALUES('haemophilia A','severe',1042,270);
INSERT INTO summary VALUES('haemophilia B','mild',232,59);
INSERT INTO summary VALUES('haemophilia B','moderate',123,23);
INSERT INTO summary VALUES('haemophilia B','severe',268,64);
COMMIT;
