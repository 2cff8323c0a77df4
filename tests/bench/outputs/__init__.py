"""The open benchmark of the check engine: made-up sources, labelled files, a scorer, a page."""
