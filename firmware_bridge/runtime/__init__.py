"""Puts the bridge's parts together: one thread that owns all state, a thread for each port, and those of the disk."""
