"""The output-check engine: what in these bytes is about individual people, and what was unseen?"""
