"""The airlock: exports with files, checks, blind votes, releases and downloads."""
