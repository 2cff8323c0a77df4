"""The Kubernetes engine: objects by pure builders, differences only, a world read from watches."""
