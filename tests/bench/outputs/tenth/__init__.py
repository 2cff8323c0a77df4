"""Tenth corpus: what approved projects hand in for release, study by study."""
