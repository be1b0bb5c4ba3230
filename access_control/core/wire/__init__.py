"""The signed documents between service and bridge: strict bytes in, decision records out."""
