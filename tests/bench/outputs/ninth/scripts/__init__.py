"""Scripts that made the files of the ninth corpus, one for each study."""
