"""The metered door to notebooks: default deny, nothing of the pod's headers, no database."""
