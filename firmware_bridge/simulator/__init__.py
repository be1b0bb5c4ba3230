"""A virtual building on pseudo-terminals: readers, boards, doors and people, with faults on demand."""
