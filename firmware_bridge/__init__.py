"""The process at the doors: it reads badges, decides by signed documents, moves locks and keeps events."""
