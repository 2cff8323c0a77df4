CREATE TABLE cohort (
	patient VARCHAR(9) NOT NULL, 
	age SMALLINT, 
	cost NUMERIC(8, 2), 
	PRIMARY KEY (patient)
);
