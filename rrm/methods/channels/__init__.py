"""Methods for ``ChannelAssignment``."""
