"""Visitors: visits, local banned list, passes, sign-out."""
