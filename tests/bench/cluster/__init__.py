"""Figures of the engine on a cluster, beside peers and a floor: `make bench ONLY=B1,B2,…`."""
