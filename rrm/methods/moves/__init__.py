"""Methods for ``MoveList``."""
