counts <-
structure(list(centres = c("A", "B", "C", "D", "other", "A", 
"B", "C", "D", "other", "A", "B", "C", "D", "other"), severity = c("mild", 
"mild", "mild", "mild", "mild", "moderate", "moderate", "moderate", 
"moderate", "moderate", "severe", "severe", "severe", "severe", 
"severe"), Freq = c(517L, 353L, 304L, 257L, 435L, 187L, 159L, 
117L, 109L, 153L, 357L, 309L, 236L, 184L, 323L)), class = "data.frame", row.names = c(NA, 
-15L))
