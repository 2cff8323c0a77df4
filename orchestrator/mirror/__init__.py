"""The package mirror: a fixed tree of wheels, fetched by an operator and served as files.

Nothing a workspace asks for ever goes upstream. Source: egress section 8.
"""
