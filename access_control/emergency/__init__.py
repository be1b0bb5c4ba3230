"""Emergencies: starting, following and releasing them."""
