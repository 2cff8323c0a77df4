"""Tests; a package, because a dependency brings another one of this name."""
