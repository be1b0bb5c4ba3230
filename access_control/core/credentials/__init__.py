"""Card formats, smart-card UIDs and visitor pass tokens: from bits to one canonical credential."""
