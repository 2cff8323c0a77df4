# Do the weights look right?
people <- read.csv("patients.csv")
nrow(people)
people[people$weight > 128, c("age", "sex", "height", "weight", "centre")]
table(people$severity)
