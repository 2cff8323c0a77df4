"""The rules of the check engine: pure functions of one opened file, the policy and the indexes."""
