"""The global twin: L1, L2 and L3 coupled, from measurements to a snapshot.

``Twins`` is told what was measured and gives a ``TwinSnapshot``; ``WhatIf`` is a copy
to try directives and events on. What is learned is handed over: see ``ResidualModel``
and ``DemandForecast``.
"""

from twins.coupling.boosting import BoostedResidual as BoostedResidual
from twins.coupling.cell_loads import CellLoads as CellLoads
from twins.coupling.demand import CellDemand as CellDemand
from twins.coupling.demand import DemandForecast as DemandForecast
from twins.coupling.gains import BaseGain as BaseGain
from twins.coupling.gains import MapGain as MapGain
from twins.coupling.gains import UrbanGain as UrbanGain
from twins.coupling.residual import ResidualModel as ResidualModel
from twins.coupling.residual import TileResidual as TileResidual
from twins.coupling.update import Twins as Twins
from twins.coupling.what_if import WhatIf as WhatIf
