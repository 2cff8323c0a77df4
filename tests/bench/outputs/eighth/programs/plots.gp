# gnuplot: terminals that write text, TeX and vector graphics; its stats and fit.
set datafile separator ','
P = 'source/persons_plain.csv'
set print 'files/gnuplot/stats_ferritin.txt'
set terminal dumb 90 28
set output 'files/gnuplot/scatter_harbourside.txt'
set title 'Haemoglobin by age, Harbourside'
plot '< grep Harbourside source/persons_plain.csv' using 5:21 with points notitle
set output 'files/gnuplot/bars_by_unit.txt'
set title 'Persons by unit'
set boxwidth 0.6
set yrange [0:1300]
plot '-' using 1:3:xtic(2) with boxes notitle
1,Ashgrove,1169
2,Birchfield,1060
3,Cedarholm,843
4,Dunmere,744
5,Elmstead,510
6,Fernhill,405
7,Gorsebank,230
e
set autoscale
set terminal svg size 560,400
set output 'files/gnuplot/iron_scatter.svg'
set title 'Liver iron and heart'
plot '< tail -n +2 source/persons_plain.csv | head -300' using 18:19 with points pt 7 ps 0.4 notitle
set terminal cairolatex pdf standalone
set terminal epslatex
set terminal tikz size 12cm,8cm
set output 'files/gnuplot/iron_scatter.tex'
plot '< sed -n 301,560p source/persons_plain.csv' using 18:19 with points title 'persons'
set output 'files/gnuplot/model_curve.tex'
set title 'Fitted risk of diabetes'
plot [0:45] 1/(1+exp(5.6-0.07*x)) title 'model'
set terminal canvas
set output 'files/gnuplot/cost_age.html'
set title 'Cost by age'
plot '< sed -n 1000,1180p source/persons_plain.csv' using 5:32 with points title 'cost'
set terminal postscript eps
set output 'files/gnuplot/deaths_by_doing.eps'
set title 'Deaths per 100 persons'
plot [0.5:6.5][0:16] '-' using 1:3:xtic(2) with boxes notitle
1,employed,9.0
2,pupil,7.8
3,at home,9.7
4,student,8.8
5,pensioned,12.2
6,not told,11.4
e
unset output
