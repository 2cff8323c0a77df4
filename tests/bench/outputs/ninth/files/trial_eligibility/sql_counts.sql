-- counts for the funnel; run on the project view only
SELECT centre, count(DISTINCT case_no) AS n
FROM patients
WHERE disease LIKE 'AML%' AND age >= 60 AND ecog <= 2 AND creatinine < 120
GROUP BY centre
HAVING count(DISTINCT case_no) >= 10
ORDER BY 1;
