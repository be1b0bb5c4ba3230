"""The demo's own small page: who holds what to which door, what the door did, and what is broken on purpose."""
