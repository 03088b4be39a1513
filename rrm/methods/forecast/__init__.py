"""Methods for placement over a forecast."""
