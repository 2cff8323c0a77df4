"""The sixth corpus: a network of thrombosis clinics, and what its analysts export."""
