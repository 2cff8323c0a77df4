"""Keeping an installation: backup, restore, and moving it to another database or store."""
