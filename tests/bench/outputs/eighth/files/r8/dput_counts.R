structure(c(936L, 159L, 380L, 1180L, 817L, 142L, 338L, 1048L), dim = c(4L, 
2L), dimnames = structure(list(c("A", "AB", "B", "O"), c("female", 
"male")), names = c("", "")), class = "table")
