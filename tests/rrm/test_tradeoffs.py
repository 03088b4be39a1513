"""Trade-offs: fronts against enumeration, proofs, volumes, knees, refusals."""

import doctest
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rrm
from benchmarks.tradeoff import is_sound, three_axes
from formulations import (
    BlockSchedule,
    LapPlacement,
    Placement,
    PowerControl,
    Schedule,
    UserAssociation,
)
from formulations.association import Association
from formulations.problem import FEASIBLE
from rrm.tradeoffs import Axis, Front, axis
from rrm.tradeoffs.volume import hypervolume, knee, undominated
from rrm.tradeoffs.zones import Zones
from twins.declaration import FieldError

EXACT = rrm.Budget(600.0, gap=1e-7)


def signed(front: Front) -> set[tuple[float, ...]]:
    """Values of the points with their sense, rounded so that sums compare."""
    return {tuple(np.round(row * front.senses, 6)) for row in front.values}


def front_of(rows: list[list[float]]) -> set[tuple[float, ...]]:
    """Undominated rows, by comparing each with each."""
    table = np.unique(np.round(np.array(rows), 6), axis=0)
    return {
        tuple(one)
        for one in table
        if not ((table >= one).all(axis=1) & (table != one).any(axis=1)).any()
    }


def assert_certified(front: Front) -> None:
    """Each point is feasible by its problem's own arrays, proven, not dominated."""
    for point in front.points:
        problem, solution = point.solution.problem, point.solution
        assert max(problem.violations(solution.allocation).values()) <= FEASIBLE
        assert problem.evaluate(solution.allocation) == solution.objective
        assert solution.status == "optimal"
        for one in front.axes:
            assert one.value(solution.allocation) == point.values[one.name]
    points = front.values * front.senses
    assert len(undominated(points)) == len(points)
    assert not front.excludes(front.values).any()


@pytest.fixture(scope="module")
def placement() -> LapPlacement:
    """Six users, four sites with different energies, of which two are in conflict."""
    rng = np.random.default_rng(3)
    return LapPlacement(
        value=rng.integers(1, 9, (6, 4)) + np.array([0.0, 2.0, 1.0, 4.0]),
        capacity=np.full(4, 3.0),
        energy=np.array([5.0, 20.0, 10.0, 40.0]),
        conflicts=np.array([[0, 1]]),
    )


def all_placements(problem: LapPlacement):
    """Every set of sites with every assignment of users to them."""
    users, sites = problem.sizes["U"], problem.sizes["S"]
    for opened in product((False, True), repeat=sites):
        places = [-1, *np.flatnonzero(opened)]
        for site in product(places, repeat=users):
            yield Placement(np.array(opened), np.array(site))


@pytest.fixture(scope="module")
def placements(placement) -> list[tuple[float, int, float]]:
    """Value, platforms and most energy of every feasible placement, signed."""
    found = []
    for one in all_placements(placement):
        load = np.bincount(one.site[one.site >= 0], minlength=4)
        if (load > 3).any() or (one.open[0] and one.open[1]):
            continue
        value = sum(placement.value[u, s] for u, s in enumerate(one.site) if s >= 0)
        most = placement.energy[one.open].max(initial=0.0)
        found.append((value, -int(one.open.sum()), -most))
    return found


@pytest.fixture(scope="module")
def served_by_platforms(placement) -> Front:
    """Front of served value against platforms."""
    return rrm.tradeoff(
        lambda laps: placement.replace(max_laps=laps),
        [axis.objective(placement, "served"), axis.laps(placement)],
        EXACT,
        points=200,
    )


@pytest.mark.slow
def test_two_axes_equal_enumeration(served_by_platforms, placements):
    """Served value against platforms, all of 3^6 and more placements."""
    assert served_by_platforms.complete
    assert signed(served_by_platforms) == front_of([row[:2] for row in placements])
    assert_certified(served_by_platforms)


@pytest.mark.slow
def test_three_axes_equal_enumeration(placement, placements):
    """Served value against platforms and the energy that one may need."""
    front = rrm.tradeoff(
        lambda laps, flight: placement.replace(max_laps=laps, battery=flight),
        [
            axis.objective(placement, "served"),
            axis.laps(placement),
            axis.flight(placement),
        ],
        EXACT,
        points=200,
    )
    assert front.complete
    assert signed(front) == front_of(placements)
    assert len(front) > len({values[1] for values in signed(front)})
    assert_certified(front)


@pytest.mark.slow
def test_bounds_exclude_all_beyond_the_front_and_nothing_else(
    served_by_platforms, placements
):
    """Every feasible vector is allowed; a little more than any front point is not."""
    front = served_by_platforms
    feasible = np.array([row[:2] for row in placements]) * [1, -1]
    assert not front.excludes(feasible).any()
    assert front.excludes(front.values + np.array([0.5, 0.0])).all()
    assert front.excludes(front.values - np.array([0.0, 1.0]))[:-1].all()


@pytest.fixture(scope="module")
def schedule() -> BlockSchedule:
    """Three users, five blocks, whole rates."""
    rng = np.random.default_rng(0)
    return BlockSchedule(rate=rng.integers(1, 12, (3, 5)).astype(float))


def least_rate(problem: BlockSchedule) -> Axis:
    """Axis by the least rate of a user, of all values it can take."""
    levels = np.arange(problem.rate.sum() + 1)
    return axis.fairness(lambda found: problem.served(found)[0], limits=levels)


def test_throughput_against_fairness_equals_enumeration(schedule):
    """Sum rate against the least rate over all 3^5 full schedules."""
    front = rrm.tradeoff(
        lambda fairness: schedule.replace(min_rate=np.full(3, fairness)),
        [axis.objective(schedule, "throughput"), least_rate(schedule)],
        rrm.Budget(600.0, gap=1e-3),  # of sums of 55 at the most: less than 1
        points=200,
    )
    rows = []
    for user in product(range(3), repeat=5):
        rate = schedule.served(Schedule(np.array([user])))[0]
        rows.append([rate.sum(), rate.min()])
    assert front.complete
    assert signed(front) == front_of(rows)
    assert len(front) > 2
    assert_certified(front)


@pytest.fixture(scope="module")
def association() -> UserAssociation:
    """Six users who have all been served by cell 0 of three."""
    rng = np.random.default_rng(7)
    return UserAssociation(
        utility=rng.uniform(1.0, 4.0, (6, 3)),
        load=np.ones(6),
        capacity=np.full(3, 6.0),
        previous=np.zeros(6, int),
    )


def all_associations(problem: UserAssociation):
    """Every cell or none for every user."""
    for cell in product(range(-1, 3), repeat=6):
        allocation = Association(np.array(cell))
        if max(problem.violations(allocation).values()) <= FEASIBLE:
            yield allocation


def test_handovers_by_price_are_the_hull_of_enumeration(association):
    """Points by weighted sums are those of all that are best at some price."""
    ten = axis.handovers(association, 10.0)
    front = rrm.tradeoff(
        lambda handovers: association.replace(handover_cost=handovers),
        [axis.objective(association, "utility"), ten],
        EXACT,
        points=200,
    )
    assert front.complete
    assert_certified(front)
    rows = np.array(
        [
            [association.evaluate(one), -ten.value(one)]
            for one in all_associations(association)
        ]
    )
    for price in np.linspace(0.0, 10.0, 101):
        best = (rows @ [1.0, price]).max()
        here = (front.values * front.senses @ [1.0, price]).max()
        assert here == pytest.approx(best)
    # no capacity binds: each user moves at its own price, so all points are on the hull
    assert signed(front) == front_of(rows.tolist())


def test_limits_and_prices_together(association):
    """Utility, handovers by price, and the load of the fullest cell by limit."""

    def fullest(found) -> float:
        return float(np.bincount(found.cell[found.cell >= 0], minlength=3).max())

    handovers = axis.handovers(association, 10.0)
    front = rrm.tradeoff(
        lambda handovers, load: association.replace(
            handover_cost=handovers, capacity=np.full(3, load)
        ),
        [
            axis.objective(association, "utility"),
            handovers,
            Axis("load", fullest, -1, limits=np.arange(1, 7)),
        ],
        EXACT,
        points=200,
    )
    assert front.complete
    assert_certified(front)
    rows = np.array(
        [
            [association.evaluate(one), -handovers.value(one), -fullest(one)]
            for one in all_associations(association)
        ]
    )
    assert not front.excludes(rows * [1, -1, -1]).any()
    for price, load in product((0.0, 0.3, 1.0, 10.0), range(1, 7)):
        held = rows[rows[:, 2] >= -load]
        points = front.values * front.senses
        points = points[points[:, 2] >= -load]
        best = (held[:, :2] @ [1.0, price]).max()
        assert (points[:, :2] @ [1.0, price]).max() == pytest.approx(best)


def test_energy_of_one_link_is_its_formula():
    """Rate log2(1 + g p / n) at each total power that was asked."""
    link = PowerControl(
        gain=[[1e-10]], noise=[1e-12], p_max=[2.0], objective="max_min_rate"
    )
    watts = np.linspace(0.5, 2.0, 4)
    front = rrm.tradeoff(
        lambda energy: axis.with_total_power(link, energy),
        [axis.objective(link, "rate"), axis.energy(watts)],
        rrm.Budget(20.0, gap=1e-6),
    )
    expected = [[np.log2(1 + 100 * p), p] for p in watts[::-1]]
    np.testing.assert_allclose(front.values, expected, rtol=1e-5)


def test_protection_scales_all_limits():
    """At half the interference allowed, the one link sends half as much."""
    link = PowerControl(
        gain=[[1e-10]], noise=[1e-12], p_max=[2.0], objective="max_min_rate",
        protected_gain=[[1e-12]], protected_limit=[1e-12],
    )  # fmt: skip
    front = rrm.tradeoff(
        lambda protection: link.replace(
            protected_limit=protection * link.protected_limit
        ),
        [axis.objective(link, "rate"), axis.protection(link, [0.5, 1.0])],
        rrm.Budget(20.0, gap=1e-6),
    )
    sent = [float(one.solution.allocation.power[0]) for one in front.points]
    assert sent == pytest.approx([1.0, 0.5], rel=1e-5)


@pytest.mark.parametrize(
    ("alpha", "expected"), [(0, 5.0), (1, np.log(4)), (2, -1.25), (np.inf, 1.0)]
)
def test_alpha_fairness_by_hand(alpha, expected):
    """Rates 4 and 1: sum 5, log 4 + log 1, -(1/4 + 1), least 1."""
    one = axis.fairness(lambda found: np.array([4.0, 1.0]), alpha, limits=[0.0])
    assert one.value(None) == pytest.approx(expected)


def by_inclusion(points: np.ndarray, reference: np.ndarray) -> float:
    """Hypervolume by inclusion and exclusion over all subsets."""
    total = 0.0
    for chosen in product((False, True), repeat=len(points)):
        if any(chosen):
            corner = points[list(chosen)].min(axis=0)
            volume = np.prod(np.maximum(corner - reference, 0.0))
            total -= (-1) ** sum(chosen) * volume
    return total


@settings(deadline=None, max_examples=60)
@given(
    st.integers(2, 3).flatmap(
        lambda width: st.lists(
            st.lists(st.integers(-2, 6), min_size=width, max_size=width),
            min_size=1,
            max_size=7,
        )
    )
)
def test_hypervolume_equals_inclusion_and_exclusion(rows):
    """Also for points beyond the reference, equal ones, and dominated ones."""
    points = np.array(rows, float)
    reference = np.zeros(points.shape[1])
    assert hypervolume(points, reference) == pytest.approx(
        by_inclusion(points, reference)
    )


@pytest.mark.parametrize("width", [2, 3])
def test_hypervolume_equals_moocore(width):
    """The kept library minimizes, so signs turn."""
    import moocore

    points = np.random.default_rng(width).uniform(0.0, 1.0, (40, width))
    expected = moocore.hypervolume(-points, ref=np.zeros(width))
    assert hypervolume(points, np.zeros(width)) == pytest.approx(expected)
    assert len(undominated(points)) == moocore.is_nondominated(-points).sum()


def test_knee_by_hand():
    """Scaled (0,1) (.5,.9) (.8,.5) (1,0): squares to (1,1) are 1, .26, .29, 1."""
    points = np.array([[0, 10], [50, 9], [80, 5], [100, 0]], float)
    assert knee(points) == 1


def test_knee_of_three_axes_is_no_end():
    """Doing nothing is best on two axes; squares to (1,1,1) are 1, .75, 2."""
    points = np.array([[0, 1, 1], [0.5, 0.5, 0.5], [1, 0, 0]], float)
    assert knee(points) == 1
    alike = np.array([[0, 7, 1], [0.6, 7, 0.6], [1, 7, 0]], float)
    assert knee(alike) == 1


def test_equal_points_stay_once():
    """Of three equal ones and a dominated one, the first stays."""
    points = np.array([[1, 1], [1, 1], [0, 1], [1, 1]], float)
    assert undominated(points).tolist() == [0]


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 4), st.integers(0, 4)),
        min_size=1,
        max_size=12,
    )
)
def test_zones_find_every_point_of_any_front(rows):
    """An oracle over a list of points is asked until nothing is open."""
    zones = Zones((5, 5))
    found, corner = set(), zones.first()
    for _ in range(200):
        if corner is None:
            break
        within = [one for one in rows if one[1] <= corner[0] and one[2] <= corner[1]]
        best = max(within, key=lambda one: one[0], default=None)
        zones.answered(corner, None if best is None else best[1:])
        found |= {best} - {None}
        corner = zones.following()
    assert corner is None
    senses = np.array([1, -1, -1])
    assert front_of([senses * one for one in found]) == front_of(
        [senses * one for one in rows]
    )


def test_infeasible_limits_are_proven_and_settled(association):
    """All must be served by cells too small: no points, all limits excluded."""
    crowded = association.replace(must_serve=True)
    fullest = Axis("load", lambda found: 0.0, -1, limits=[0.5, 1.0])
    front = rrm.tradeoff(
        lambda load: crowded.replace(capacity=np.full(3, load)),
        [axis.objective(crowded), fullest],
        EXACT,
    )
    assert front.complete
    assert front.questions == 1
    assert len(front) == 0
    assert front.knee is None
    assert front.hypervolume() == 0.0
    assert front.excludes([1.0, 0.7])
    assert front.to_frame().empty


def test_no_time_gives_an_empty_front(association):
    """A budget of nothing is no error."""
    front = rrm.tradeoff(
        lambda handovers: association.replace(handover_cost=handovers),
        [axis.objective(association), axis.handovers(association, 1.0)],
        0.0,
    )
    assert len(front) == 0
    assert not front.complete


def fine(problem, **changes) -> Axis:
    """Axis of handovers with other fields."""
    one = axis.handovers(problem, 1.0)
    fields = {"highest_price": 1.0, **changes}
    return Axis("handovers", one.value, one.sense, **fields)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda p: ([axis.objective(p)], {}), "axes = 1: must be two or three"),
        (
            lambda p: ([axis.objective(p), fine(p, highest_price=0.0)], {}),
            r"axes\[1\] = handovers: must be limited or priced",
        ),
        (
            lambda p: ([fine(p), axis.objective(p)], {}),
            r"axes\[0\] = handovers: must be neither limited nor priced",
        ),
        (
            lambda p: ([axis.objective(p, "handovers"), fine(p)], {}),
            "must be different names",
        ),
        (
            lambda p: (
                [axis.objective(p), fine(p), Axis("b", len, 1, highest_price=1.0)],
                {},
            ),
            "at most one priced",
        ),
        (
            lambda p: ([axis.objective(p), fine(p)], {"points": 0}),
            "points = 0: must be at least 1",
        ),
    ],
)
def test_axes_that_do_not_fit(association, make, text):
    """Refused before anything is solved."""
    axes, options = make(association)
    with pytest.raises(FieldError, match=text):
        rrm.tradeoff(lambda **asked: association, axes, 1.0, **options)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"name": "a b"}, "Axis.name"),
        ({"sense": 0}, "Axis.sense"),
        ({"limits": [np.nan]}, "Axis.limits"),
        ({"highest_price": np.inf}, "Axis.highest_price"),
        ({"highest_price": 1.0, "limits": [1.0]}, "limits or a highest price"),
    ],
)
def test_axes_validate(changes, text):
    """The field is named."""
    with pytest.raises(FieldError, match=text):
        Axis(**{"name": "load", "value": len, **changes})


def test_a_factory_that_ignores_its_limit_is_found_out(association):
    """The answer breaks the limit."""
    moved = Axis("moved", axis.handovers(association, 1.0).value, -1, limits=[0])
    with pytest.raises(FieldError, match="must be a problem that holds 0"):
        rrm.tradeoff(
            lambda moved: association, [axis.objective(association), moved], 5.0
        )


def test_a_factory_that_ignores_its_price_is_found_out(association):
    """The objective is not what the axes say."""
    with pytest.raises(FieldError, match="by the axes at"):
        rrm.tradeoff(
            lambda handovers: association,
            [axis.objective(association), axis.handovers(association, 1.0)],
            5.0,
        )


@pytest.fixture(scope="module")
def front(association) -> Front:
    """Utility against handovers."""
    return rrm.tradeoff(
        lambda handovers: association.replace(handover_cost=handovers),
        [axis.objective(association, "utility"), axis.handovers(association, 10.0)],
        EXACT,
    )


def test_frame_has_a_row_for_each_point(front):
    """Values, proofs and one knee."""
    frame = front.to_frame()
    assert len(frame) == len(front)
    assert frame["knee"].sum() == 1
    assert (frame["status"] == "optimal").all()
    assert frame["utility"].is_monotonic_decreasing
    assert front.knee.values["utility"] in frame["utility"].to_numpy()


def test_hypervolume_of_a_front_counts_from_its_reference(front):
    """Utility u at h handovers beyond (0, 7), summed by hand over steps."""
    values = front.values[::-1]  # from few handovers to many
    steps = np.append(values[1:, 1], 7.0) - values[:, 1]
    expected = float((values[:, 0] * steps).sum())
    found = front.hypervolume({"utility": 0.0, "handovers": 7.0})
    assert found == pytest.approx(expected)


def test_picture_shows_points_knee_and_what_is_closed(front):
    """Three legends, and the axes with their units."""
    axes = front.plot()
    texts = [one.get_text() for one in axes.get_legend().get_texts()]
    assert texts == ["proven out of reach", "certified points", "knee"]
    assert axes.get_xlabel() == "utility"
    assert axis.energy([1.0]).label == "energy (W)"


def test_page_needs_nothing_else(front, tmp_path):
    """One file with the picture, without a script or an address to load from."""
    front.to_html(tmp_path / "front.html", "Utility & handovers")
    text = (tmp_path / "front.html").read_text()
    assert "<svg" in text
    assert "Utility &amp; handovers" in text
    assert "<script" not in text
    assert 'src="http' not in text
    assert "@import" not in text


def test_three_axes_show_the_third_as_colour(association, tmp_path):
    """The colour bar has its name; the page has the picture, too."""

    def fullest(found) -> float:
        return float(np.bincount(found.cell[found.cell >= 0], minlength=3).max())

    three = rrm.tradeoff(
        lambda handovers, load: association.replace(
            handover_cost=handovers, capacity=np.full(3, load)
        ),
        [
            axis.objective(association, "utility"),
            axis.handovers(association, 10.0),
            Axis("load", fullest, -1, limits=[3, 6]),
        ],
        EXACT,
        points=6,
    )
    axes = three.plot()
    labels = [one.get_ylabel() for one in axes.figure.axes]
    assert labels == ["handovers", "load"]
    three.to_html(tmp_path / "front.html")
    assert "<svg" in (tmp_path / "front.html").read_text()


def test_no_points_make_no_picture(association, tmp_path):
    """A plot is refused; a page says that there is nothing."""
    empty = rrm.tradeoff(
        lambda handovers: association.replace(handover_cost=handovers),
        [axis.objective(association), axis.handovers(association, 1.0)],
        0.0,
    )
    with pytest.raises(FieldError, match="no points"):
        empty.plot()
    empty.to_html(tmp_path / "front.html")
    assert "0 points" in (tmp_path / "front.html").read_text()


def test_example_of_the_docstring():
    """It prints what it says."""
    found = doctest.DocTestFinder().find(rrm.tradeoff, "tradeoff")
    runner = doctest.DocTestRunner()
    assert sum(runner.run(one).attempted for one in found) > 0
    assert runner.summarize(verbose=False).failed == 0


@pytest.mark.slow
def test_munich_has_thirty_certified_points():
    """200 users, 21 cells: fair utility, handovers, and the fullest cell."""
    munich = three_axes()
    assert len(munich) >= 30
    assert is_sound(munich)
    assert {str(one.solution.status) for one in munich.points} == {"optimal"}
    sizes = munich.points[0].solution.problem.sizes
    assert (sizes["U"], sizes["B"]) == (200, 21)
