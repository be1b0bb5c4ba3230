"""People: cardholders and groups, operators with their roles, permissions and sign-in."""
