-- feasibility request FR-118, run in the workspace on 2026-01-19
WITH al AS (
    SELECT patient, sex, date_part('year', age(diagnosed, born)) AS age_dx,
           creatinine, isotype, transplant
    FROM patients
    WHERE disease = 'AL amyloidosis'
)
SELECT CASE WHEN age_dx < 65 THEN 'under 65' ELSE '65 and over' END AS band,
       10 * round(count(DISTINCT patient) / 10.0) AS n_rounded
FROM al
GROUP BY 1
HAVING count(DISTINCT patient) >= 10
ORDER BY 1;
