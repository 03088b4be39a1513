"""What more of backhaul, power, spectrum and platforms is worth, in one table."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from formulations.association import UserAssociation
from formulations.association_prices import CapacityPrices, UserPrices
from formulations.fair_prices import FairPrices
from formulations.group_prices import GroupPrices
from formulations.placement import LapPlacement
from formulations.power import PowerControl
from rrm.placement.report import placement_report
from rrm.solution import Solution
from twins.declaration import FieldError

if TYPE_CHECKING:
    import pandas as pd

MEGA = 1e6  # placement reports give prices by Mbit/s


class Price(NamedTuple):
    """Row of a price sheet.

    Attributes
    ----------
    resource : str
        ``power``, ``power mask``, ``spectrum``, ``protection``, ``rate floor``,
        ``backhaul``, ``capacity``, ``group capacity``, ``platforms`` or ``battery``.
    target : str
        Name or number of the link, cell, gateway, site or receiver; of a group with
        that of the cell.
    limit : float
        What there is of it now, in ``unit``.
    price : float
        Improvement of the objective by one more unit; nan: not known.
    unit : str
        Of the limit.
    objective_unit : str
        ``price`` is in this by ``unit``.
    kind : str
        ``marginal``: derivative at the allocation, of what is near it; ``bound``: of
        the bound, so no allocation gains more than this and the gap.
    """

    resource: str
    target: str
    limit: float
    price: float
    unit: str
    objective_unit: str
    kind: str


def price_sheet(*solutions: Solution) -> "pd.DataFrame":
    """Prices of what limits ``solutions``, the dearest use of each resource first.

    Parameters
    ----------
    *solutions : Solution
        Of :class:`PowerControl`, :class:`UserAssociation` or :class:`LapPlacement`.

    Returns
    -------
    pandas.DataFrame
        A row for each limit, with the fields of :class:`Price` and ``worth``: what one
        per cent more of the limit gains, by which limits of different units compare.
        Limits that are infinite have no row.

    Raises
    ------
    FieldError
        If a solution has no allocation, or is of another problem.
    """
    import pandas as pd

    rows = [price for solution in solutions for price in _prices(solution)]
    sheet = pd.DataFrame(rows, columns=list(Price._fields))
    sheet = sheet.astype({"limit": float, "price": float})
    sheet["worth"] = sheet["price"] * sheet["limit"] / 100
    order = ["objective_unit", "resource", "worth"]
    return sheet.sort_values(
        order, ascending=[True, True, False], kind="stable", ignore_index=True
    )


def _prices(solution: Solution) -> Iterator[Price]:
    kinds = {
        PowerControl: _of_powers,
        UserAssociation: _of_association,
        LapPlacement: _of_placement,
    }
    problem = solution.problem
    of_kind = kinds.get(type(problem))
    if of_kind is None:
        allowed = " or ".join(kind.__name__ for kind in kinds)
        raise FieldError("solution", None, type(problem).__name__, f"of {allowed}")
    if solution.allocation is None:
        raise FieldError("solution", None, "no allocation", "an answer")
    return of_kind(problem, solution)


def _of_powers(problem: PowerControl, solution: Solution) -> Iterator[Price]:
    """Multipliers of the limits, and bandwidth by its derivative."""
    found, to = problem.prices(solution), problem.objective_unit
    units = {
        "p_max": ("power", "L", "W"),
        "p_mask": ("power mask", "L", "W"),
        "protected_limit": ("protection", "M", "W"),
        "min_rate": ("rate floor", "L", "bit/s"),
    }
    for field, (resource, axis, unit) in units.items():
        limits = getattr(problem, field)
        names = _names(problem, axis, len(limits))
        holds = np.isfinite(limits)
        if field == "min_rate":
            holds &= limits > 0
        if field == "p_max":  # links that share a transmitter share its price
            _, first = np.unique(problem.transmitter, return_index=True)
            holds &= np.isin(np.arange(len(limits)), first)
        for place in map(tuple, np.argwhere(holds)):
            name = ", block ".join((names[place[0]], *map(str, place[1:])))
            limit, price = float(limits[place]), float(found[field][place])
            yield Price(resource, name, limit, price, unit, to, "marginal")
    price = bandwidth_price(problem, solution.allocation, found)
    yield Price("spectrum", "all", problem.bandwidth, price, "Hz", to, "marginal")


def bandwidth_price(
    problem: PowerControl, allocation: Any, prices: dict[str, np.ndarray]
) -> float:
    """Improvement of the objective by one more Hz of every block.

    The noise stands for a fixed bandwidth, so rates grow in proportion. By the envelope
    theorem [1]_ that is the objective's own derivative, and what the floors give way:
    ``rate / bandwidth`` times their price.

    References
    ----------
    .. [1] P. Milgrom, I. Segal, "Envelope theorems for arbitrary choice sets",
       Econometrica 70(2), 2002. https://doi.org/10.1111/1468-0262.00296
    """
    eased = (
        float(prices["min_rate"] @ problem.rate(allocation.power)) / problem.bandwidth
    )
    if problem.objective == "min_power":
        return eased
    if problem.objective == "proportional_fair":
        return float(problem.weight.sum()) / problem.bandwidth + eased
    return problem.evaluate(allocation) / problem.bandwidth + eased


def _of_association(problem: UserAssociation, solution: Solution) -> Iterator[Price]:
    """Prices of the bound: of room, of backhaul, of what groups may take."""
    proof = solution.certificate.proof
    cells = problem.sizes["B"]
    room = backhaul = np.full(cells, np.nan)
    theirs = np.full(problem.group_capacity.shape, np.nan)
    if isinstance(proof, CapacityPrices):
        room, backhaul = proof.price, proof.toll
    elif isinstance(proof, GroupPrices):
        room, theirs = proof.price, proof.group_price
    elif isinstance(proof, UserPrices):
        room = proof.capacity_price(problem)
    elif isinstance(proof, FairPrices):
        room, backhaul = proof.toll, proof.fare * _company(problem, solution)
    to = problem.objective_unit
    names = _names(problem, "B", cells)
    rows = (
        ("capacity", problem.capacity, room, "load"),
        ("backhaul", problem.backhaul, backhaul, "bit/s"),
    )
    for resource, limits, prices, unit in rows:
        for name, limit, price in zip(names, limits, prices, strict=True):
            if np.isfinite(limit):
                yield Price(resource, name, limit, price, unit, to, "bound")
    groups = _names(problem, "G", len(theirs))
    for place in map(tuple, np.argwhere(np.isfinite(problem.group_capacity))):
        name = f"{groups[place[0]]}, cell {names[place[1]]}"
        limit, price = float(problem.group_capacity[place]), float(theirs[place])
        yield Price("group capacity", name, limit, price, "load", to, "bound")


def _company(problem: UserAssociation, solution: Solution) -> np.ndarray:
    """Users (B,) of each cell: a fare is paid by each of them."""
    _, served, _ = problem.links(solution.allocation.cell)
    return np.bincount(served, minlength=problem.sizes["B"])


def _of_placement(problem: LapPlacement, solution: Solution) -> Iterator[Price]:
    """Prices that the placement's report gives."""
    report, to = placement_report(solution), problem.objective_unit
    if np.isfinite(problem.max_laps):
        yield Price("platforms", "all", problem.max_laps, report.next_lap, "platform",
                    to, "bound")  # fmt: skip
    rows = (
        ("backhaul", "G", problem.backhaul, report.backhaul),
        ("capacity", "S", problem.capacity, report.capacity),
    )
    for resource, axis, limits, prices in rows:
        names = _names(problem, axis, len(limits))
        for name, limit, price in zip(names, limits, prices, strict=True):
            if np.isfinite(limit):
                yield Price(resource, name, limit, price / MEGA, "bit/s", to, "bound")
    if report.next_joule_site >= 0:
        name = _names(problem, "S", problem.sizes["S"])[report.next_joule_site]
        yield Price("battery", name, problem.battery, report.next_joule, "J", to,
                    "bound")  # fmt: skip


def _names(problem: Any, axis: str, length: int) -> list[str]:
    names = problem.labels.get(axis, range(length))
    return [str(name) for name in names]
