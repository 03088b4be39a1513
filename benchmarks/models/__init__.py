"""Formulations as a user would write them down, without what the engine knows."""
