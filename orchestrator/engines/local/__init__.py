"""The engine for one machine: bubblewrap sandboxes, their keepers, one hub per project."""
