"""The permit: people, purpose, datasets, conditions, dates; from a draft to the end."""
