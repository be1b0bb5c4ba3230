"""OSDP 2.2, panel and peripheral side, without input or output."""
