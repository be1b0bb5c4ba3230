"""The ``firmware-bridge`` command."""
