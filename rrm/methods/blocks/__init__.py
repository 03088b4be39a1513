"""Methods for ``BlockSchedule``."""
