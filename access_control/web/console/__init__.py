"""Forms of the console's pages and what they have in common."""
