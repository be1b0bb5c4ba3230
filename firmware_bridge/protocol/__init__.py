"""Bytes of readers and boards, pure and shared by drivers and simulator."""
