"""A simulated physical network, to hold twins and controllers against.

``SimulatedNetwork`` hides a truth that differs from what the twins believe; ``Pipe``
carries reports and directives with delay and loss.
"""

from twins.network.pipe import Pipe as Pipe
from twins.network.simulator import SimulatedNetwork as SimulatedNetwork
from twins.network.truth import Differences as Differences
from twins.network.truth import RadioTruth as RadioTruth
