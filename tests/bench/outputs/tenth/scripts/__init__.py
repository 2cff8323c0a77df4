"""What made the files of the tenth corpus, study by study."""
