"""One JupyterHub per project: its configuration, its plug-ins, the only caller of its API."""
