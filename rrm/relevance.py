"""Which contexts matter: rules as a prior, then what the optimum says."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from formulations.problem import Problem
from rrm.budget import Budget
from rrm.directives import sentence
from rrm.prices import item_prices
from rrm.solution import Solution
from twins import TwinSnapshot

if TYPE_CHECKING:
    from llm_bridge import ContextItem, ContextReport

RAIN_FROM = 6e9
"""Hz; below it 50 mm/h take less than 1 dB off a kilometre (ITU-R P.838-3)."""
STILL = 0.5
"""m/s; slower users are fixed for scheduling."""


@dataclass(frozen=True)
class Relevance:
    """How much an item matters.

    Attributes
    ----------
    item : ContextItem
        Of the report.
    value : float
        Change of the optimum without it, relative to the optimum; 0: no effect, nan:
        not known.
    reason : str
        Rule or measurement behind it.
    """

    item: "ContextItem"
    value: float
    reason: str


def prior(item: "ContextItem", snapshot: TwinSnapshot) -> str | None:
    """Why an item cannot matter on this network, or None if it can."""
    kind = str(item.kind)
    if kind == "weather" and (snapshot.carrier < RAIN_FROM).all():
        return "rain does not matter at these carriers"
    if kind == "mobility" and isinstance(item.value, float) and item.value < STILL:
        return "the users stand still"
    return None


def relevance(
    snapshot: TwinSnapshot,
    report: "ContextReport",
    problem: type[Problem],
    solution: Solution,
    budget: Budget | float,
) -> list[Relevance]:
    """Items that hold, the most relevant first.

    Parameters
    ----------
    snapshot, report, problem
        As ``solution`` was composed from.
    solution : Solution
        With all items.
    budget : Budget or float
        For each solve without one of the items; items that a rule excludes, or that
        change nothing in the problem, are not solved for.
    """
    prices = item_prices(snapshot, report, problem, solution, budget)
    scale = max(abs(solution.objective), np.finfo(float).tiny)
    found = []
    for item in report.items_at(snapshot.time):
        reason = prior(item, snapshot)
        price = prices.get(sentence(item))
        if reason is not None:
            found.append(Relevance(item, 0.0, reason))
        elif price is None:
            found.append(Relevance(item, 0.0, "it changes nothing in this problem"))
        else:
            about = "proven" if price.certain else "as far as solved"
            value = abs(price.price) / scale
            found.append(Relevance(item, value, f"change of the optimum, {about}"))
    return sorted(found, key=lambda one: -np.nan_to_num(one.value, nan=np.inf))


def wanted(found: list[Relevance], least: float = 0.0) -> list["ContextItem"]:
    """Items worth asking the twins for: more relevant than ``least``, or not known."""
    return [one.item for one in found if not one.value <= least]
