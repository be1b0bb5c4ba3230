"""Timed work, one holder at a time."""
