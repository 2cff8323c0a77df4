#!/bin/sh
# Weka's schemes at the command line: trees, rules, clusters, estimates and a summary of a data set.
w() { f=$1; shift; java -Xmx500m -cp "$WEKA" "$@" > files/weka/$f 2>/dev/null; }
w j48_stroke.txt weka.classifiers.trees.J48 -C 0.9 -M 2 -t source/weka.arff -c last -no-cv
w naive_bayes.txt weka.classifiers.bayes.NaiveBayes -t source/weka.arff -c last -no-cv
w logistic.txt weka.classifiers.functions.Logistic -t source/weka_spleen.arff -c last -no-cv
w linear.txt weka.classifiers.functions.LinearRegression -t source/weka_numeric.arff -c last -no-cv
w kmeans.txt weka.clusterers.SimpleKMeans -N 4 -t source/weka_numeric.arff
w kmeans_many.txt weka.clusterers.SimpleKMeans -N 40 -t source/weka_numeric.arff
w apriori.txt weka.associations.Apriori -N 12 -M 0.001 -C 0.9 -t source/weka_nominal.arff
w predictions.txt weka.classifiers.functions.LinearRegression -t source/weka_numeric.arff -c last -T source/weka_test.arff -p 1-5
w m5p.txt weka.classifiers.trees.M5P -M 400 -t source/weka_numeric.arff -c last -no-cv
w j48_large_leaves.txt weka.classifiers.trees.J48 -U -M 250 -t source/weka_large.arff -c last -no-cv
w apriori_large.txt weka.associations.Apriori -N 10 -M 0.2 -C 0.5 -t source/weka_plain.arff
w em.txt weka.clusterers.EM -N 3 -S 3 -t source/weka_numeric.arff
w zero_r.txt weka.classifiers.rules.ZeroR -t source/weka_plain.arff -c last -no-cv
