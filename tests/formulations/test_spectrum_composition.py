"""Block schedules and channel assignments of snapshot and report."""

import numpy as np
import pytest

import rrm
import twins
from formulations import BlockSchedule, ChannelAssignment, FieldError, compose
from tests.formulations.test_composition import item, report

SNAPSHOT = twins.example()
CELL = {str(name): b for b, name in enumerate(SNAPSHOT.cell_id)}


def three_carriers() -> twins.TwinSnapshot:
    """The example with its cells on three carriers."""
    carrier = 3.45e9 + 1e8 * (np.arange(21) % 3)
    return SNAPSHOT.replace(carrier=carrier)


def test_rate_of_a_block_by_hand():
    """Bandwidth of a block times log2(1 + SINR) at full power of all cells."""
    problem = compose(SNAPSHOT, None, BlockSchedule)
    user = 5
    cell = SNAPSHOT.previous[user]
    received = SNAPSHOT.gain[user] * SNAPSHOT.p_max / 273
    others = received.sum() - received[cell]
    sinr = received[cell] / (SNAPSHOT.noise[user] + others)
    row = problem.labels["U"].index(SNAPSHOT.user_id[user])
    expected = 1e8 / 273 * np.log2(1 + sinr)
    np.testing.assert_allclose(problem.rate[row], expected, rtol=1e-9)
    assert problem.labels["B"][problem.cell[row]] == SNAPSHOT.cell_id[cell]
    assert problem.min_rate[row] == SNAPSHOT.min_rate[user]
    assert not problem.origin


def test_blocks_are_scheduled_with_floors():
    """An answer meets the floors, and nobody has a block of another's cell."""
    problem = compose(SNAPSHOT, None, BlockSchedule)
    solution = rrm.solve(problem, 1.0)
    assert solution.status in ("feasible", "optimal")
    rate, _ = problem.served(solution.allocation)
    assert (rate >= problem.min_rate * (1 - 1e-9)).all()


def test_radar_silences_the_blocks_of_its_band_and_is_named():
    """Blocks that overlap the band are blocked in the cells named, no others."""
    band = (3.46e9, 3.47e9)
    radar = item("radar_activity", cells=("M1A",), band_hz=band)
    problem = compose(SNAPSHOT, report(radar), BlockSchedule)
    row = problem.labels["B"].index("M1A")
    low = 3.45e9 + 1e8 / 273 * np.arange(273)
    expected = (low < band[1]) & (low + 1e8 / 273 > band[0])
    np.testing.assert_array_equal(problem.blocked[row], expected)
    assert problem.blocked.sum() == expected.sum()
    places = {place for place, one in problem.origin["blocked"] if one is radar}
    assert places == {(row, int(n)) for n in np.flatnonzero(expected)}


def test_radar_without_a_band_silences_all_of_a_cell():
    """Every block of a cell that the receiver hears too well is blocked."""
    problem = compose(SNAPSHOT, report(item("radar_activity")), BlockSchedule)
    heard = SNAPSHOT.protected_gain[0] * SNAPSHOT.p_max
    loud = heard > SNAPSHOT.protected_limit[0]
    assert loud.any()
    np.testing.assert_array_equal(problem.blocked.all(axis=1), loud)


CHANGES = [
    (item("rate_floor", 2e6, "bit/s", users=("slice:2",)), "min_rate"),
    (item("traffic_surge", 3.0, "1", cells=("M1A",)), "weight"),
    (item("power_limit", 1.0, "W", cells=("M1A",)), "rate"),
    (item("intrusion", users=("u003",)), "max_blocks"),
]


@pytest.mark.parametrize(("one", "field"), CHANGES)
def test_rows_of_a_schedule_name_the_item_that_changed_them(one, field):
    """The entries that the origin names differ, and come from the item."""
    plain = compose(SNAPSHOT, None, BlockSchedule)
    changed = compose(SNAPSHOT, report(one), BlockSchedule)
    before, after = getattr(plain, field), getattr(changed, field)
    named = {place for place, entry in changed.origin[field] if entry is one}
    assert named
    for row in named:
        assert (before[row] != after[row]).all()


def test_cells_out_of_service_have_no_row():
    """Neither do their users."""
    problem = compose(SNAPSHOT, report(item("outage", cells=("M1A",))), BlockSchedule)
    assert "M1A" not in problem.labels["B"]
    lost = SNAPSHOT.user_id[SNAPSHOT.previous == CELL["M1A"]]
    assert not set(lost) & set(problem.labels["U"])
    assert len(problem.labels["U"]) == 200 - len(lost)


def test_nobody_to_schedule_is_refused():
    """All cells out of service leave no problem."""
    off = report(item("outage", cells=tuple(SNAPSHOT.cell_id)))
    with pytest.raises(FieldError, match="previous"):
        compose(SNAPSHOT, off, BlockSchedule)
    with pytest.raises(FieldError, match="alive"):
        compose(SNAPSHOT, off, ChannelAssignment)


def test_penalty_of_two_cells_by_hand():
    """What users of both lose of their spectral efficiency on one carrier."""
    problem = compose(three_carriers(), None, ChannelAssignment)
    pair = int(np.argmax(problem.penalty))
    a, b = (CELL[problem.labels["V"][v]] for v in problem.pairs[pair])
    lost = 0.0
    for own, other in ((a, b), (b, a)):
        for user in np.flatnonzero(SNAPSHOT.previous == own):
            signal = SNAPSHOT.gain[user, own] * SNAPSHOT.p_max[own] / 273
            heard = SNAPSHOT.gain[user, other] * SNAPSHOT.p_max[other] / 273
            noise = SNAPSHOT.noise[user]
            lost += np.log2(1 + signal / noise) - np.log2(1 + signal / (noise + heard))
    assert problem.penalty[pair] == pytest.approx(lost, rel=1e-9)


def test_carriers_are_spread_over_the_cells():
    """The answer disturbs less than the carriers in use."""
    problem = compose(three_carriers(), None, ChannelAssignment)
    assert all(domain.tolist() == [0, 1, 2] for domain in problem.domains)
    solution = rrm.solve(problem, 0.5)
    now = problem.evaluate(type(solution.allocation)(problem.preferred))
    assert solution.objective <= now


def test_radar_takes_a_carrier_away_and_is_named():
    """A carrier that overlaps the band is in no domain of the cells named."""
    radar = item("radar_activity", cells=("M1A",), band_hz=(3.41e9, 3.42e9))
    problem = compose(three_carriers(), report(radar), ChannelAssignment)
    row = problem.labels["V"].index("M1A")
    assert problem.domains[row].tolist() == [1, 2]
    assert sum(len(domain) for domain in problem.domains) == 3 * 21 - 1
    assert problem.origin["domains"] == [(row, radar)]


def test_powers_behind_penalties_are_named():
    """Pairs of a cell with less power carry the item."""
    limit = item("power_limit", 1.0, "W", cells=("M1A",))
    problem = compose(three_carriers(), report(limit), ChannelAssignment)
    row = problem.labels["V"].index("M1A")
    expected = np.flatnonzero((problem.pairs == row).any(axis=1))
    assert [place for place, _ in problem.origin["penalty"]] == expected.tolist()
