"""Bubblewrap sandboxes: arguments and system call filter, the launcher, limits, role boxes."""
