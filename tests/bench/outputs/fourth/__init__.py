"""The fourth corpus: a registry of children with leukaemia, and what analysts make of it."""
