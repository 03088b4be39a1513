"""Readers of public instance files, which the project does not ship."""
