"""The commands of ``firmware-bridge``, one module each; docs/operations.md shows them at work."""
