"""Eleventh corpus: every family of the specification, each leak with a safe twin."""
