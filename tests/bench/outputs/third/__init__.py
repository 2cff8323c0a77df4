"""The third corpus: lymphoma trials, written blind from the written rules (decision 31)."""
