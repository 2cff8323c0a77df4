# What stats and fit print of a column.
set datafile separator ','
set fit logfile 'files/gnuplot/fit_hb.log' quiet
f(x) = a + b*x
fit f(x) 'source/persons_plain.csv' using 13:21 skip 1 via a, b
set fit logfile 'files/gnuplot/fit_few.log' quiet
g(x) = c + d*x
fit g(x) '< grep "Harbourside.*beta" source/persons_plain.csv | head -9' using 13:21 via c, d
stats 'source/persons_plain.csv' using 17 skip 1
stats '< grep Harbourside source/persons_plain.csv' using 5:21
