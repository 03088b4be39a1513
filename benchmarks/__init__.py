"""Instances, runner and reports that compare methods; the command ``rrm bench``."""
