"""Secure entry and visitor access control for schools.

The bridge imports :mod:`access_control.core` from here, so this file holds no code.
"""
