"""Stories of a day in the network, each told five times: what context is worth.

``python -m rrm.scenarios NAME`` prints one; see docs/scenarios.md.
"""

from rrm.scenarios.story import Story as Story
from rrm.scenarios.story import told as told

NAMES = ("industrial", "vehicles", "radar", "ntn", "outage", "stadium")
