"""The rules both processes share: pure functions and frozen records, no input or output, no clock."""
