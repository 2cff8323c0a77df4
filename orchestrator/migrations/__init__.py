"""The schema's history: revisions, and the function that brings a database up to the newest."""
