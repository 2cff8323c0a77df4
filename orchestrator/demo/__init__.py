"""The story told on this machine: made-up people, a development identity provider, public data."""
