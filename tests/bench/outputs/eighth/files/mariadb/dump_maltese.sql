/*M!999999\- enable the sandbox mode */ 

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
DROP TABLE IF EXISTS `persons`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `persons` (
  `person` char(8) NOT NULL,
  `unit` varchar(12) DEFAULT NULL,
  `gender` varchar(6) DEFAULT NULL,
  `born` date DEFAULT NULL,
  `age` int(11) DEFAULT NULL,
  `condition` varchar(16) DEFAULT NULL,
  `tongue` varchar(8) DEFAULT NULL,
  `doing` varchar(10) DEFAULT NULL,
  `enrolled` date DEFAULT NULL,
  `blood_group` varchar(2) DEFAULT NULL,
  `height_cm` decimal(5,1) DEFAULT NULL,
  `weight_kg` decimal(5,1) DEFAULT NULL,
  `bags_year` int(11) DEFAULT NULL,
  `chelator` varchar(16) DEFAULT NULL,
  `hydroxyurea_mg` int(11) DEFAULT NULL,
  `spleen_out` varchar(3) DEFAULT NULL,
  `ferritin` int(11) DEFAULT NULL,
  `liver_iron` decimal(5,1) DEFAULT NULL,
  `t2star_ms` decimal(5,1) DEFAULT NULL,
  `ejection` int(11) DEFAULT NULL,
  `hb` int(11) DEFAULT NULL,
  `hbf` decimal(4,1) DEFAULT NULL,
  `wbc` decimal(4,1) DEFAULT NULL,
  `bilirubin` int(11) DEFAULT NULL,
  `alt` int(11) DEFAULT NULL,
  `crises` int(11) DEFAULT NULL,
  `nights` int(11) DEFAULT NULL,
  `pain` int(11) DEFAULT NULL,
  `ulcer` int(11) DEFAULT NULL,
  `diabetes` int(11) DEFAULT NULL,
  `antibodies` int(11) DEFAULT NULL,
  `cost` decimal(10,2) DEFAULT NULL,
  `stroke` int(11) DEFAULT NULL,
  `stroke_days` int(11) DEFAULT NULL,
  `died` int(11) DEFAULT NULL,
  `died_days` int(11) DEFAULT NULL,
  PRIMARY KEY (`person`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

LOCK TABLES `persons` WRITE;
/*!40000 ALTER TABLE `persons` DISABLE KEYS */;
INSERT INTO `persons` VALUES
('BJ01082D','Birchfield','female','1961-09-23',63,'beta major','Maltese','employed','1963-04-03','A',153.9,48.3,34,'deferasirox',0,'no',1426,6.3,43.2,63,103,1.7,10.7,28,24,0,0,0,0,1,0,6639.33,0,3526,0,3526),
('CB38324H','Fernhill','male','1993-03-08',32,'SS','Maltese','pensioned','2024-04-21','B',175.1,71.8,0,'deferasirox',0,'no',241,1.8,24.3,76,84,5.2,9.4,35,29,0,0,2,0,0,0,86.98,0,2324,0,2324),
('CL56154D','Birchfield','female','1978-10-02',46,'beta intermedia','Maltese','employed','1981-09-26','A',161.3,53.2,0,'none',0,'no',954,4.3,14.6,62,101,1.4,10.0,47,28,0,0,1,0,0,0,1382.60,0,1593,0,1593),
('DH14818W','Ashgrove','male','1994-05-09',30,'beta major','Maltese','employed','2008-01-10','O',166.3,47.4,24,'deferasirox',0,'no',400,2.5,36.4,64,85,34.1,7.7,19,27,0,0,5,0,0,0,13140.15,0,1189,0,1189),
('DH60868R','Ashgrove','male','1990-03-11',35,'SS','Maltese','at home','2008-08-12','O',163.3,51.5,0,'none',500,'no',579,4.2,41.2,64,91,11.1,7.2,9,22,1,8,1,0,0,0,3322.21,0,3951,0,3951),
('DR26416B','Ashgrove','male','2002-10-27',22,'beta intermedia','Maltese','pupil','2005-07-22','O',166.9,64.4,0,'none',0,'no',443,5.9,39.3,58,98,15.8,6.8,24,40,0,0,1,0,0,0,148.70,0,439,1,439),
('FJ92565V','Cedarholm','female','2001-04-25',23,'SC','Maltese','employed','2008-07-15','A',160.6,56.5,0,'none',1250,'no',2521,14.7,36.0,54,102,8.6,6.7,43,35,0,0,1,0,0,0,159.88,0,4029,0,4029),
('FK17689Q','Cedarholm','female','1982-04-28',42,'SS','Maltese','not told','1992-11-10','O',158.5,49.6,0,'none',500,'no',376,1.7,32.3,67,88,8.3,9.0,21,19,0,0,0,0,0,0,195.91,0,1722,0,1722),
('FZ53811G','Elmstead','female','2003-01-02',22,'SS','Maltese','pupil','2003-02-25','A',151.0,45.0,20,'combined',0,'no',2525,0.0,0.0,51,90,1.9,8.9,27,36,0,0,0,0,0,1,8078.23,0,3754,0,3754),
('JF65704S','Gorsebank','female','2015-02-01',10,'SS','Maltese','pupil','2019-09-21','A',123.6,24.6,0,'none',500,'no',715,1.6,31.9,67,84,5.1,11.9,27,66,2,6,0,0,0,0,2177.08,0,945,0,945),
('JG84466R','Ashgrove','female','2005-08-25',19,'S beta plus','Maltese','pensioned','2019-08-27','A',159.2,62.0,0,'none',0,'no',472,3.3,43.3,66,117,22.7,12.3,21,45,0,0,0,0,0,0,241.31,0,3823,0,3823),
('JM24636V','Dunmere','male','1987-02-26',38,'beta major','Maltese','employed','2004-08-05','AB',180.7,70.1,21,'none',0,'no',2009,8.1,34.4,63,98,11.5,7.5,55,24,0,0,6,0,0,0,6400.59,0,603,0,603),
('KN14131G','Harbourside','male','2011-07-01',13,'SS','Maltese','pupil','2013-04-11','O',157.3,56.7,0,'none',0,'no',916,4.4,26.4,54,75,41.6,7.9,28,23,2,6,3,0,0,0,2486.03,0,4334,0,4334),
('LF45129P','Birchfield','female','1977-07-31',47,'beta intermedia','Maltese','at home','2005-12-08','O',168.1,58.4,0,'none',0,'yes',1059,0.0,0.0,72,81,3.0,7.6,14,75,0,0,2,0,0,0,369.33,0,246,1,246),
('LL23584V','Ashgrove','male','2002-02-20',23,'beta major','Maltese','employed','2010-08-07','A',167.7,55.6,28,'desferrioxamine',0,'no',449,3.3,39.5,54,85,2.0,9.1,20,89,0,0,1,0,0,0,4139.50,0,347,0,347),
('LL63484G','Cedarholm','male','2012-07-13',12,'SS','Maltese','pupil','2019-09-20','O',145.2,40.6,0,'none',1500,'no',1206,4.7,32.8,55,80,2.4,10.6,44,22,0,0,3,0,0,0,610.83,0,2911,0,2911),
('MG42506K','Birchfield','female','2004-09-02',20,'SS','Maltese','employed','2011-07-23','O',160.4,43.9,0,'none',0,'no',1214,5.2,39.5,61,89,8.3,7.9,19,23,3,12,2,0,0,0,1557.65,0,3639,0,3639),
('MX50586Z','Birchfield','male','2002-11-27',22,'SS','Maltese','employed','2016-02-16','A',156.1,48.8,28,'deferiprone',0,'no',3812,11.9,21.4,62,99,7.2,9.6,46,26,0,0,3,1,0,0,16485.74,0,210,1,210),
('NL96359M','Gorsebank','male','1989-06-01',35,'SS','Maltese','employed','2023-01-02','O',168.0,62.7,0,'none',1000,'no',283,1.0,31.4,78,105,3.4,7.5,21,23,0,0,1,0,0,0,143.00,0,175,0,175),
('RG56228J','Cedarholm','female','2010-05-11',14,'SC','Maltese','pupil','2023-05-21','A',139.9,43.4,0,'none',1750,'no',1230,4.5,33.3,74,98,20.1,12.9,37,33,1,0,3,0,0,0,1025.75,0,3506,0,3506),
('SF63066D','Ashgrove','male','2017-04-11',7,'beta intermedia','Maltese','pupil','2019-03-11','B',109.2,20.0,0,'none',0,'no',672,0.0,0.0,57,69,13.5,9.7,25,31,0,0,0,0,0,0,431.62,0,2664,0,2664),
('TK72364R','Birchfield','female','1978-07-30',46,'SS','Maltese','employed','1981-12-20','B',150.0,43.1,23,'deferasirox',0,'no',589,3.0,40.1,73,88,15.3,19.1,88,42,1,0,0,0,0,0,15501.90,0,1964,0,1964),
('TQ65883R','Ashgrove','female','1997-12-07',27,'SS','Maltese','employed','2020-02-16','A',163.9,44.8,18,'deferasirox',500,'no',1847,11.4,31.7,66,84,9.9,9.9,50,22,0,0,1,0,0,1,9077.49,0,1802,1,1802),
('TR36508N','Dunmere','male','2003-05-28',21,'SS','Maltese','at home','2007-02-12','A',179.6,79.3,22,'deferasirox',1250,'no',1189,5.5,39.4,61,81,18.0,12.0,15,32,2,9,2,0,0,0,36512.28,1,2326,0,2863),
('VC99738T','Ashgrove','male','2016-12-14',8,'beta intermedia','Maltese','pupil','2017-07-21','O',128.3,32.8,0,'none',0,'yes',363,0.0,0.0,51,108,4.4,6.7,15,25,0,0,5,0,0,0,485.07,0,2067,0,2067),
('VV28358Q','Gorsebank','male','1987-05-18',37,'SS','Maltese','employed','2002-03-30','B',160.7,41.0,16,'deferasirox',1500,'no',1386,8.1,24.9,65,103,2.1,6.8,46,24,10,43,6,0,0,0,9234.09,0,3962,0,3962),
('WQ73471N','Elmstead','male','2009-03-24',16,'HbH','Maltese','employed','2024-12-16','O',154.9,56.0,0,'none',0,'no',423,0.0,0.0,65,93,4.7,4.6,30,33,0,0,1,0,0,0,157.18,0,4248,0,4248),
('WS11554T','Gorsebank','male','2004-01-13',21,'HbH','Maltese','employed','2007-01-18','O',171.2,62.7,21,'desferrioxamine',0,'no',1866,12.8,42.4,70,104,1.4,12.5,27,25,0,0,2,1,1,0,10404.19,0,3012,0,3012),
('WW34707B','Elmstead','male','2014-03-12',11,'beta major','Maltese','pupil','2019-09-16','O',139.8,47.9,15,'deferasirox',0,'yes',383,1.8,38.1,68,101,44.7,7.1,39,19,0,0,4,0,0,0,3696.31,0,3456,0,3456),
('ZK43359L','Elmstead','male','2017-04-04',7,'beta major','Maltese','pupil','2019-01-05','O',114.4,30.2,31,'deferasirox',0,'no',3479,0.0,0.0,53,86,2.4,15.0,51,51,0,0,2,0,0,0,5599.53,0,860,0,860),
('ZQ68154D','Fernhill','male','1979-03-27',46,'HbE beta','Maltese','pupil','2008-04-07','A',159.6,62.9,0,'none',0,'no',929,3.2,40.3,51,86,2.8,5.6,17,22,0,0,2,0,0,0,1110.53,0,4002,0,4002),
('ZV73762C','Dunmere','male','2007-09-07',17,'beta major','Maltese','pupil','2019-07-18','B',162.1,43.4,36,'deferasirox',0,'no',1028,8.4,34.1,69,86,1.4,5.2,24,16,0,0,2,0,0,0,13638.63,0,1690,0,1690);
/*!40000 ALTER TABLE `persons` ENABLE KEYS */;
UNLOCK TABLES;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

