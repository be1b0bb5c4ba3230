"""The ``access-control`` command."""
