"""Problems from snapshot and report: values, origins, refusals."""

import numpy as np
import pytest

import rrm
import twins
from formulations import FieldError, PowerControl, UserAssociation, compose
from formulations.context import in_context, inside, to_local
from llm_bridge import ContextItem, ContextReport, Source, Target, example
from twins import PolicyRule

SNAPSHOT = twins.example()
CELL = {str(name): b for b, name in enumerate(SNAPSHOT.cell_id)}


def item(kind: str, value=None, unit="", priority="wish", **target) -> ContextItem:
    """Item that holds at the snapshot's time."""
    return ContextItem(
        kind=kind,  # pyright: ignore[reportArgumentType]
        target=Target(**target),
        value=value,
        unit=unit,
        start="2026-06-01T00:00:00Z",  # pyright: ignore[reportArgumentType]
        end="2026-06-02T00:00:00Z",  # pyright: ignore[reportArgumentType]
        priority=priority,  # pyright: ignore[reportArgumentType]
        source=Source(author="test", text=kind, span=(0, len(kind))),
    )


def report(*items: ContextItem) -> ContextReport:
    """Report of items."""
    return ContextReport(created="2026-06-01T00:00:00Z", items=items)  # pyright: ignore[reportArgumentType]


def test_association_by_hand():
    """Utility is log2(1 + SINR) at full power; the load is demand over rate."""
    problem = compose(SNAPSHOT, None, UserAssociation)
    user = 5
    power = SNAPSHOT.p_max / SNAPSHOT.blocks
    received = SNAPSHOT.gain[user] * power
    cell = int(np.argmax(received))
    others = received.sum() - received[cell]
    efficiency = np.log2(1 + received[cell] / (SNAPSHOT.noise[user] + others))
    assert problem.utility[user, cell] == pytest.approx(efficiency, rel=1e-9)
    needed = max(SNAPSHOT.demand[user], SNAPSHOT.min_rate[user])
    share = needed / (efficiency * SNAPSHOT.bandwidth[cell])
    assert problem.load[user, cell] == pytest.approx(share, rel=1e-9)
    assert problem.labels["B"] == tuple(SNAPSHOT.cell_id)
    assert not problem.origin


def test_power_links_are_the_worst_served_users():
    """One link a cell; its gains are those of its user with the lowest SINR."""
    problem = compose(SNAPSHOT, None, PowerControl)
    received = SNAPSHOT.gain * SNAPSHOT.p_max
    serving = SNAPSHOT.previous
    own = received[np.arange(200), serving]
    noise = SNAPSHOT.noise * SNAPSHOT.blocks[serving]
    sinr = own / (noise + received.sum(axis=1) - own)
    names = problem.labels["L"]
    for link, name in enumerate(names):
        members = np.flatnonzero(serving == CELL[name])
        worst = members[np.argmin(sinr[members])]
        expected = SNAPSHOT.gain[worst, [CELL[one] for one in names]]
        np.testing.assert_array_equal(problem.gain[link], expected)
        floors = SNAPSHOT.min_rate[members].sum()
        assert problem.min_rate[link] == pytest.approx(floors)


def test_floors_met_by_the_worst_user_are_met_by_all():
    """Time shares r / R add up to at most 1 where the worst can be sent the sum."""
    import rrm

    snapshot = SNAPSHOT
    problem = compose(snapshot, None, PowerControl)
    full = problem.rate(problem.p_max)
    met = full >= problem.min_rate
    outcome = rrm.replay(snapshot, snapshot.previous, snapshot.p_max)
    cells = [CELL[name] for name in problem.labels["L"]]
    assert (outcome.floors[cells][met] <= 1).all()


CHANGES = [
    (item("outage", cells=("M1A",)), UserAssociation, "capacity"),
    (item("maintenance", cells=("M1A",)), UserAssociation, "capacity"),
    (item("radar_activity", cells=("M1A",)), UserAssociation, "capacity"),
    (item("radar_activity"), UserAssociation, "capacity"),
    (item("energy_saving", 0.5, "1", cells=("M1A",)), UserAssociation, "capacity"),
    (item("intrusion", cells=("M1A",)), UserAssociation, "capacity"),
    (item("intrusion", users=("u003",)), UserAssociation, "utility"),
    (item("traffic_surge", 3.0, "1", cells=("M1A",)), UserAssociation, "load"),
    (item("rate_cap", 1e5, "bit/s", users=("u003",)), UserAssociation, "load"),
    (item("rate_floor", 2e6, "bit/s", users=("slice:2",)), PowerControl, "min_rate"),
    (item("latency_bound", 0.01, "s", users=("u003",)), UserAssociation, "load"),
    (item("latency_bound", 0.01, "s", users=("slice:2",)), PowerControl, "min_rate"),
    (item("power_limit", 1.0, "W", cells=("M1A",)), PowerControl, "p_max"),
    (item("power_limit", 0.5, "1", cells=("M1A",)), PowerControl, "p_max"),
    (item("energy_saving", 0.5, "1"), PowerControl, "p_max"),
    (item("traffic_surge", 3.0, "1", cells=("M1A",)), PowerControl, "weight"),
    (item("protection", 1e-10, "W"), PowerControl, "protected_limit"),
    (item("protection", 1e-10, "W", band_hz=(3.4e9, 3.5e9)), PowerControl,
     "protected_limit"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "problem", "field"), CHANGES)
def test_each_kind_changes_its_field_and_is_named(one, problem, field):
    """The entries that differ are those the origin names, with the item."""
    plain = compose(SNAPSHOT, None, problem)
    changed = compose(SNAPSHOT, report(one), problem)
    assert {entry for _, entry in changed.origin[field]} == {one}
    before, after = getattr(plain, field), getattr(changed, field)
    if before.shape == after.shape:
        rows = np.flatnonzero((before != after).reshape(len(before), -1).any(axis=1))
        named = {np.atleast_1d(place)[0] for place, _ in changed.origin[field]}
        assert set(rows) <= named
        assert rows.size


@pytest.mark.parametrize(
    "one",
    [
        item("weather", 20.0, "mm/h"),
        item("mobility", 10.0, "m/s"),
        item("lap_request", 2.0, "1"),
        item("protection", 1e-10, "W", band_hz=(1e9, 2e9)),
        item("power_limit", 100.0, "W"),
    ],
)
def test_items_without_effect_are_in_no_origin(one):
    """Other problems' kinds, other bands, limits that are already met."""
    for problem in (UserAssociation, PowerControl):
        assert not compose(SNAPSHOT, report(one), problem).origin


def test_preferences():
    """SHALL and FORBID rule out, PREFER and AVOID add and take one bit/s/Hz."""
    plain = compose(SNAPSHOT, None, UserAssociation)
    user = int(np.argmax(np.isfinite(plain.utility).sum(axis=1)))
    first, second = np.flatnonzero(np.isfinite(plain.utility[user]))[:2]
    names = {"users": (str(SNAPSHOT.user_id[user]),)}
    cell = {"cells": (str(SNAPSHOT.cell_id[first]),)}

    def utility(word):
        one = item("association_preference", word, **names, **cell)
        return compose(SNAPSHOT, report(one), UserAssociation).utility[user]

    assert utility("PREFER")[first] == plain.utility[user, first] + 1
    assert utility("AVOID")[first] == plain.utility[user, first] - 1
    assert utility("FORBID")[first] == -np.inf
    assert utility("FORBID")[second] == plain.utility[user, second]
    assert np.flatnonzero(np.isfinite(utility("SHALL"))).tolist() == [first]


def test_an_area_holds_cells_users_and_receivers():
    """A polygon around the earth station protects it; one elsewhere does not."""
    station = SNAPSHOT.protected_position[0]

    def square(east, north):
        scale = np.array([1 / 74_400.0, 1 / 111_200.0])  # degrees a metre, roughly
        corners = np.array([[-50, -50], [50, -50], [50, 50], [-50, 50], [-50, -50]])
        centre = np.array([SNAPSHOT.origin[1], SNAPSHOT.origin[0]])
        ring = centre + (corners + np.array([east, north])) * scale
        return {"type": "Polygon", "coordinates": [ring.tolist()]}

    here = item("protection", 1e-10, "W", area=square(*station[:2]))
    there = item("protection", 1e-10, "W", area=square(station[0] + 300, station[1]))
    assert compose(SNAPSHOT, report(here), PowerControl).protected_limit[0] == 1e-10
    assert compose(SNAPSHOT, report(there), PowerControl).protected_limit[0] == 1e-9


def test_local_coordinates():
    """One minute of latitude is a nautical mile; east shrinks with latitude."""
    origin = np.array([48.0, 11.0, 0.0])
    north = to_local(np.array([[11.0, 48.0 + 1 / 60]]), origin)[0]
    assert north[1] == pytest.approx(1853, abs=2)
    east = to_local(np.array([[11.0 + 1 / 60, 48.0]]), origin)[0]
    assert east[0] == pytest.approx(1855.3 * np.cos(np.radians(48)) * 1.0018, abs=2)


def test_local_coordinates_are_off_by_metres_ten_kilometres_away():
    """In Munich, against the plane that touches the ellipsoid there."""
    origin = np.array([48.137, 11.575, 0.0])
    corner = to_local(np.array([[11.66995, 48.20052]]), origin)[0]
    # arcs of meridian and parallel are 7063.0 and 7058.2 m; the parallel bends north by
    # 7058.2**2 tan(48.2 degrees) / (2 * 6.39e6 m) = 4.4 m
    assert 1.0 < np.hypot(*(corner - [7058.2, 7067.4])) < 10.0


def test_even_odd_rule():
    """A point in the hole of a polygon is outside."""
    outer = np.array([[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]], float)
    hole = np.array([[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]], float)
    points = np.array([[1.0, 1.0], [5.0, 5.0], [11.0, 5.0]])
    assert inside(points, [outer, hole]).tolist() == [True, False, False]


def test_the_stricter_limit_and_the_higher_priority_win():
    """Whatever the order of the items."""
    loose = item("power_limit", 20.0, "W", "wish", cells=("M1A",))
    strict = item("power_limit", 5.0, "W", "regulation", cells=("M1A",))
    for items in ((loose, strict), (strict, loose)):
        network = in_context(SNAPSHOT, report(*items))
        assert network.p_max[CELL["M1A"]] == 5.0
    prefer = item("association_preference", "PREFER", "", "wish", cells=("M1A",))
    forbid = item("association_preference", "FORBID", "", "safety", cells=("M1A",))
    for items in ((prefer, forbid), (forbid, prefer)):
        problem = compose(SNAPSHOT, report(*items), UserAssociation)
        there = SNAPSHOT.previous == CELL["M1A"]
        assert (problem.utility[there, CELL["M1A"]] == -np.inf).all()


def test_items_outside_their_time_do_nothing():
    """The report of today says nothing about tomorrow."""
    later = SNAPSHOT.replace(time=SNAPSHOT.time + 86400)
    assert not compose(later, example(), PowerControl).origin


def test_policy_rules_hold_too():
    """A rule of the L3 twin is the origin of what it changes."""
    rule = PolicyRule("power_limit", 10.0, "W", cells=("M2B",), author="operations")
    problem = compose(SNAPSHOT.replace(policy=(rule,)), None, PowerControl)
    link = problem.labels["L"].index("M2B")
    assert problem.p_max[link] == 10.0
    assert list(problem.origin["p_max"]) == [(link, rule)]


def test_confidence_lowers_own_and_raises_other_gains():
    """By the quantile of 1 - 0.05 / L standard deviations of 2 dB."""
    _, first = np.unique(SNAPSHOT.previous, return_index=True)
    alone = np.full(200, -1)
    alone[first] = SNAPSHOT.previous[first]  # one user a cell, so who is worst is clear
    snapshot = SNAPSHOT.replace(gain_std_db=np.full((200, 21), 2.0), previous=alone)
    plain = compose(snapshot, None, PowerControl)
    careful = compose(snapshot, None, PowerControl, confidence=0.95)
    links = len(plain.p_max)
    from statistics import NormalDist

    margin = 10 ** (0.2 * NormalDist().inv_cdf(1 - 0.05 / links))
    np.testing.assert_allclose(careful.direct, plain.direct / margin, rtol=1e-12)
    np.testing.assert_allclose(careful.cross, plain.cross * margin, rtol=1e-12)
    assert careful.protected_gain == pytest.approx(plain.protected_gain * margin)


def test_confidence_keeps_what_it_promises():
    """Of networks drawn around the snapshot, 95% of links and more keep their floor."""
    _, first = np.unique(SNAPSHOT.previous, return_index=True)
    first = first[::3]  # a third of the cells, so that margins leave it feasible
    alone = np.full(200, -1)
    alone[first] = SNAPSHOT.previous[first]
    error = np.full((200, 21), 1.5)
    snapshot = SNAPSHOT.replace(gain_std_db=error, previous=alone)
    plain = compose(snapshot, None, PowerControl)
    careful = compose(snapshot, None, PowerControl, confidence=0.95)
    most = rrm.solve(careful.replace(objective="max_min_rate", min_rate=None), 1.0)
    floors = np.full(len(plain.p_max), 0.9 * most.objective)
    fields = {"objective": "min_power", "min_rate": floors}
    rng = np.random.default_rng(1)
    kept = {}
    for name, problem in (("plain", plain), ("careful", careful)):
        solution = rrm.solve(problem.replace(**fields), 1.0)
        assert solution.status == "optimal"
        draws = [
            plain.replace(
                gain=plain.gain * 10 ** (0.15 * rng.normal(size=plain.gain.shape))
            ).rate(solution.allocation.power)
            >= floors
            for _ in range(400)
        ]
        kept[name] = np.mean(draws, axis=0)
    assert kept["careful"].min() >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 400)
    assert kept["plain"].min() < 0.9


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: compose(
            SNAPSHOT, report(item("outage", cells=("X9",))), PowerControl
        ),
         "ContextReport.items[0].target.cells[0] = 'X9': must be a cell of the"),
        (lambda: compose(
            SNAPSHOT, report(item("rate_cap", 1.0, "bit/s", users=("me",))),
            PowerControl,
        ), "ContextReport.items[0].target.users[0] = 'me': must be a user of the"),
        (lambda: compose(
            SNAPSHOT, report(item("rate_cap", 1.0, "bit/s", users=("slice:9",))),
            PowerControl,
        ), "ContextReport.items[0].target.users[0] = 'slice:9'"),
        (lambda: compose(twins.TwinSnapshot(), None, PowerControl),
         "TwinSnapshot.gain = absent: must be known for PowerControl"),
        (lambda: compose(SNAPSHOT.replace(noise=None), None, UserAssociation),
         "TwinSnapshot.noise = absent: must be known for UserAssociation"),
        (lambda: compose(SNAPSHOT, None, int), "compose.problem = int: must be one of"),
        (lambda: compose(SNAPSHOT, None, PowerControl, confidence=1.5),
         "compose.confidence = 1.5: must be in (0.5, 1)"),
        (lambda: compose(
            SNAPSHOT.replace(previous=np.full(200, -1)), None, PowerControl
        ), "TwinSnapshot.previous = no cell in service"),
    ],
)  # fmt: skip
def test_what_cannot_be_composed_is_refused(call, text):
    """The error names the part and the rule."""
    with pytest.raises(FieldError) as caught:
        call()
    assert str(caught.value).startswith(text)


def test_origin_survives_the_file(tmp_path):
    """A saved problem still tells whose sentence changed which entry."""
    problem = compose(SNAPSHOT, example(), PowerControl)
    problem.to_file(tmp_path / "problem.npz")
    again = PowerControl.from_file(tmp_path / "problem.npz")
    place, source = again.origin["protected_limit"][0]
    assert place == 0
    assert "earth station" in source["source"]["text"]
