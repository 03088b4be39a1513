"""Trade-offs: fronts of points that are certified one by one.

``tradeoff`` asks, ``Axis`` says what is traded, ``Front`` holds the answer.
"""

from rrm.tradeoffs.axis import Axis as Axis
from rrm.tradeoffs.front import Front as Front
from rrm.tradeoffs.front import Point as Point
from rrm.tradeoffs.search import tradeoff as tradeoff
