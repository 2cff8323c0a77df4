-- why is this one not in the funnel?
SELECT * FROM patients WHERE case_no = 'd288-165h';
-- born 1956-08-17, diagnosed 2019-02-25, creatinine 67
UPDATE scratch SET keep = 1 WHERE case_no IN ('x163-128v', 'n996-613g');
