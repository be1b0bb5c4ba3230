"""The first tables, one module for each that has models."""
