"""The log that cannot be rewritten unseen: one Merkle tree, appended with each change of state."""
