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
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

