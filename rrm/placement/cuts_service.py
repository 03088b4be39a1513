"""Cuts where capacity or backhaul binds: the dual of serving users from shares."""

import numpy as np
from scipy.sparse import coo_array

from formulations.placement_model import SiteModel
from rrm.highs_solver import linear_program, silent_solver
from rrm.placement.cuts import Cuts, best_values, cut_at, joined

LEFT_OUT = 100.0  # canonical value lost with a user who must be served
SHORT = 1e-7  # of all users that may be left out by the solver's tolerance


class ServiceCuts:
    """Service from shares of sites as a linear program, kept between calls [1]_.

    Users who must be served may be left out at a loss, so that there always is an
    answer; where they are, a cut on the sites alone is made, too.

    Parameters
    ----------
    model : SiteModel
        Problem in canonical units.

    References
    ----------
    .. [1] M. Fischetti, I. Ljubić, M. Sinnl, "Benders decomposition without
       separability: a computational study for capacitated facility location
       problems", EJOR 253(3), 2016. https://doi.org/10.1016/j.ejor.2016.03.002
    """

    blocks = 1

    def __init__(self, model: SiteModel) -> None:
        self._model = model
        users, pairs = len(model.demand), len(model.site)
        owner = np.repeat(np.arange(users), np.diff(model.start))
        limited = np.isfinite(model.capacity)
        gates = np.unique(model.gateway[model.gateway >= 0])
        self._rooms, self._gates = np.flatnonzero(limited), gates
        self._first_room = users
        self._first_gate = users + len(self._rooms)
        place = np.full(len(limited), -1)
        place[self._rooms] = users + np.arange(len(self._rooms))
        gate = np.full(len(model.backhaul) + 1, -1)
        gate[gates] = self._first_gate + np.arange(len(gates))
        self._room_scale = np.maximum(model.capacity, model.demand.max())
        self._room = np.ones(len(limited))
        np.divide(model.capacity, self._room_scale, out=self._room, where=limited)
        self._gate_scale = np.maximum(model.backhaul, model.demand.max())
        pair = np.arange(pairs)
        rooms = np.flatnonzero(limited[model.site])
        gated = np.flatnonzero(model.gateway[model.site] >= 0)
        through = model.gateway[model.site[gated]]
        row = np.concatenate((owner, place[model.site[rooms]], gate[through]))
        column = np.concatenate((pair, rooms, gated))
        entry = np.concatenate(
            (
                np.ones(pairs),
                model.demand[owner[rooms]] / self._room_scale[model.site[rooms]],
                model.demand[owner[gated]] / self._gate_scale[through],
            )
        )
        count = self._first_gate + len(gates)
        matrix = coo_array((entry, (row, column)), shape=(count, pairs)).tocsr()
        limits = (
            np.ones(users),
            self._room[self._rooms],
            model.backhaul[gates] / self._gate_scale[gates],
        )
        program = linear_program(
            self._gain(),
            matrix,
            (np.full(count, -np.inf), np.concatenate(limits)),
            (np.zeros(pairs), np.ones(pairs)),
            maximize=True,
        )
        solver = silent_solver()
        solver.passModel(program)
        self._solver, self._columns = solver, np.arange(pairs, dtype=np.int32)
        self._owner = owner

    def first(self) -> Cuts:
        """What users are worth at their best; room for them, if they must be served."""
        model = self._model
        nothing = np.zeros(len(model.backhaul))
        top = cut_at(best_values(model), nothing, model)
        if not model.must_serve:
            return top
        demand = model.demand / max(model.demand.sum(), 1e-300)
        return joined([top, cut_at(-demand, nothing, model, ray=True)])

    def at(self, sites: np.ndarray) -> Cuts:
        """Cut at the prices of service from ``sites`` (S,), and why not if not."""
        solver, model = self._solver, self._model
        pairs = len(self._columns)
        solver.changeColsBounds(
            pairs, self._columns, np.zeros(pairs), sites[model.site]
        )
        room = (self._room * sites)[self._rooms]
        for row, limit in enumerate(room.tolist(), self._first_room):
            solver.changeRowBounds(row, -np.inf, limit)
        user, gateway = self._solved()
        if not model.must_serve:
            return cut_at(np.maximum(user, 0.0), gateway, model)
        found = cut_at(user - LEFT_OUT, gateway, model)
        share = np.asarray(solver.getSolution().col_value)
        users = len(model.demand)
        if share.sum() >= users * (1 - SHORT):
            return found
        solver.changeColsCost(pairs, self._columns, np.ones(pairs))
        user, gateway = self._solved()
        solver.changeColsCost(pairs, self._columns, self._gain())
        return joined([found, cut_at(user - 1.0, gateway, model, ray=True)])

    def _gain(self) -> np.ndarray:
        model = self._model
        return model.value + LEFT_OUT if model.must_serve else model.value

    def _solved(self) -> tuple[np.ndarray, np.ndarray]:
        """Prices of users (U,) and gateways (G,) at the optimum, none without one."""
        self._solver.run()
        duals = np.asarray(self._solver.getSolution().row_dual)
        gateway = np.zeros(len(self._model.backhaul))
        users = len(self._model.demand)
        if not len(duals):
            return np.zeros(users), gateway
        scale = self._gate_scale[self._gates]
        gateway[self._gates] = np.maximum(duals[self._first_gate :], 0.0) / scale
        return np.maximum(duals[:users], 0.0), gateway
