"""The hands: drive an engine, move bytes between zones, have files checked, sign checkpoints."""
