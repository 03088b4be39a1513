"""Methods for the power problem, one file each."""
