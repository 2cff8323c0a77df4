"""Who decides: seats and votes, conflicts, effective access, halts."""
