-- exclude the ones that Aldermoor entered twice
DELETE FROM cohort_al
WHERE patient IN (
    'xbq-04494', 'fgt-18433', 'nrs-01447', 'mrt-29770',
    'kbn-08990', 'pdm-37287', 'djn-27308', 'kqv-65498',
    
);
