"""A simulated school that anyone can start: it supervises real processes and makes the documents they obey."""
