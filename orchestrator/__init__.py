"""A trusted research environment orchestrator: isolated workspaces, immutable data, an airlock."""

__version__ = "0.1.0"
