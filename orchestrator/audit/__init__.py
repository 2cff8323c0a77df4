"""The log that nobody can rewrite unseen: an RFC 6962 tree, signed checkpoints, a verifier."""
