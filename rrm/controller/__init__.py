"""The closed loop: measure, update, report, compose, solve, confirm, send, observe.

``Controller`` runs it, ``Simulated`` puts the simulated network behind it, ``Signed``
one at the end of a line, ``repeated`` makes a decision of the journal again.
"""

from rrm.controller.journal import decisions as decisions
from rrm.controller.journal import record_of as record_of
from rrm.controller.loop import Controller as Controller
from rrm.controller.network import Network as Network
from rrm.controller.network import Simulated as Simulated
from rrm.controller.repeat import Repeated as Repeated
from rrm.controller.repeat import repeated as repeated
from rrm.controller.settlement import Unfollowed as Unfollowed
from rrm.controller.signed import Answering as Answering
from rrm.controller.signed import Signed as Signed
from rrm.controller.turn import Health as Health
from rrm.controller.turn import Turn as Turn
