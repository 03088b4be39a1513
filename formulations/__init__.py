"""Problems of radio resource management: data, objective, constraints, checks.

``compose`` makes them from a twin snapshot and a context report.
"""

from formulations.association import Association as Association
from formulations.association import UserAssociation as UserAssociation
from formulations.composition import compose as compose
from formulations.placement import LapPlacement as LapPlacement
from formulations.placement import Placement as Placement
from formulations.power import Power as Power
from formulations.power import PowerControl as PowerControl
from formulations.problem import FieldError as FieldError
from formulations.problem import Problem as Problem
