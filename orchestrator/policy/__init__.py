"""Decisions people argue about, as data: parsed once, unknown keys refused, frozen, digested."""
