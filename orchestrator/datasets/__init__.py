"""Datasets and their snapshots: announcement, upload, verification, admission, publication."""
