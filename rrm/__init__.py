"""The face of the engine: ``rrm.solve`` and what a controller needs around it.

Importing it loads numpy and nothing heavier; methods are looked for at first use.
"""

import logging as _logging

from rrm.admission import Admission as Admission
from rrm.admission import admission as admission
from rrm.budget import Budget as Budget
from rrm.confirmation import replay as replay
from rrm.engine import solve as solve
from rrm.engine import warm_up as warm_up
from rrm.incumbent import BySearch as BySearch
from rrm.incumbent import Incumbent as Incumbent
from rrm.registry import applicable as applicable
from rrm.registry import method as method
from rrm.solution import Certificate as Certificate
from rrm.solution import Solution as Solution
from rrm.solution import Status as Status
from rrm.solution import Stopped as Stopped
from twins.declaration import FieldError as FieldError

_logging.getLogger(__name__).addHandler(_logging.NullHandler())
