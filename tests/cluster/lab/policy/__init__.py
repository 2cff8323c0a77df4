"""NetworkPolicy for the lab: what it means, what the kernel is told, and who tells it."""
