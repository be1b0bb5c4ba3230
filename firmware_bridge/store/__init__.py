"""What a bridge keeps on disk: events, documents, keys and what must never be forgotten."""
