"""Methods for the association problem, one file each."""
