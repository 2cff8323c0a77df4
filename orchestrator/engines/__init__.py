"""What runs workspaces: one port, one contract suite, two engines."""
