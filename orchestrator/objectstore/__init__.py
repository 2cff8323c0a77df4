"""Where bytes lie: zones, keyed by digest, behind one small port."""
