"""Readers of public instances."""
