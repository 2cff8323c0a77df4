structure(c(237L, 102L, 188L, 420L, 136L, 305L, 1209L, 487L, 
916L), dim = c(3L, 3L), dimnames = structure(list(c("mild", "moderate", 
"severe"), c("current", "former", "never")), names = c("", ""
)), class = "table")
