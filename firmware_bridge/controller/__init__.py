"""The bridge's brain: frozen events in, a list of commands out. No clock, no line, no disk."""
