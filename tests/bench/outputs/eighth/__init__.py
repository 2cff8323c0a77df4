"""The eighth corpus: what other programs really print about made-up day-care units."""
