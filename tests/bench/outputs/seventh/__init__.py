"""The seventh corpus: what real programs really print about made-up haemophilia centres."""
