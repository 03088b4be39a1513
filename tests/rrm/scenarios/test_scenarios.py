"""Stories: context is worth something, and a wrong report costs."""

import itertools
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

import llm_bridge
import twins
from formulations.context import in_context
from rrm.controller.evidence import Evidence
from rrm.controller.trial import Trial
from rrm.scenarios import (
    NAMES,
    industrial,
    loops,
    ntn,
    outage,
    radar,
    stadium,
    told,
    vehicles,
)
from rrm.scenarios.flight import Flight, sent
from rrm.scenarios.relief import relieved
from rrm.scenarios.story import WAYS


@pytest.fixture(scope="module")
def stories():
    """Each story, short."""
    return {
        "industrial": industrial.tell(seed=1),
        "vehicles": vehicles.tell(seed=2),
        "radar": radar.tell(seed=1, slot=30.0),
        "ntn": ntn.tell(seed=1),
        "stadium": stadium.tell(seed=1),
        "outage": outage.tell(seed=1, after=4),
    }


def test_every_story_tells_all_ways(stories):
    """One value of each indicator for each way; the guard refuses what is wrong."""
    assert set(stories) == set(NAMES)
    for story in stories.values():
        assert set(story.values) == set(WAYS)
        assert all(
            len(row) == len(story.indicators) and not np.isnan(row).any()
            for row in story.values.values()
        )
        assert "is not in its words" in story.refused
        assert story.text in told(story)


def test_machines_keep_their_floors_under_attack(stories):
    """Who detects loses none; a text stops who sleeps; isolating others costs."""
    story = stories["industrial"]
    kept = {way: story.value(way, "machines at their GFBR") for way in WAYS}
    assert kept["context"] == kept["without context"] == kept["oracle"] == 100.0
    assert max(kept["static"], kept["wrong report"]) < 95
    sent = {way: story.value(way, "intruders' traffic") for way in WAYS}
    assert 0 == sent["oracle"] < sent["context"] < sent["without context"]
    assert 10 * sent["without context"] < sent["static"]
    ahead = story.value("without context", "fault seen ahead by")
    assert industrial.REPAIR <= ahead <= industrial.TRIPS - industrial.FADES


def test_slices_keep_their_promise_and_no_more():
    """Need is served where there is room; else the promise, unless less is needed."""
    assert industrial._shares(np.array([0.5, 0.4])).tolist() == [1.0, 1.0]
    assert industrial._shares(np.array([3.0, 1.0])) == pytest.approx([0.3, 0.7])
    assert industrial._shares(np.array([3.0, 0.2])) == pytest.approx([0.8, 0.2])


def test_carriers_are_there_before_the_coaches(stories):
    """Telemetry serves more than fixed carriers, a text more, a wrong one less."""
    story = stories["vehicles"]
    for name in ("riders at their GFBR", "demand served"):
        found = {way: story.value(way, name) for way in WAYS}
        assert found["static"] < found["without context"] < found["context"]
        assert found["context"] < found["oracle"]
        assert found["wrong report"] < found["context"]


def test_carriers_go_where_most_is_lacking():
    """No other way to share those of a site serves more."""
    need = 1e6 * np.array([90.0, 45.0, 10.0])
    ways = [
        20e6 + 20e6 * np.bincount(chosen, minlength=3)
        for chosen in itertools.product(range(3), repeat=3)
    ]
    best = max(np.minimum(need, way).sum() for way in ways)
    assert np.minimum(need, vehicles.shared(need)).sum() == best
    assert vehicles.shared(np.zeros(3)).tolist() == [40e6, 40e6, 40e6]


def test_a_radar_that_a_text_announces_is_not_disturbed(stories):
    """More is carried than by static exclusion, little less than by who knows all."""
    story = stories["radar"]
    name = "slots within the limit"
    assert story.value("context", name) >= 99.9
    assert story.value("without context", name) < 90
    assert story.value("wrong report", name) < 90
    carried = {way: story.value(way, "DL throughput") for way in WAYS}
    assert carried["context"] >= 1.3 * carried["static"]
    assert 0.9 * carried["oracle"] <= carried["context"] <= carried["oracle"]


def test_a_stricter_limit_of_a_text_holds(stories):
    """Where nobody reads it, interference is above; where all read it, rates differ."""
    story = stories["ntn"]
    heard = {way: story.value(way, "interference (limit 20)") for way in WAYS}
    assert max(heard["static"], heard["context"], heard["oracle"]) <= 20 * (1 + 1e-6)
    assert min(heard["without context"], heard["wrong report"]) > 100
    zone = story.others["exclusion zone"]
    assert zone[2] <= 20
    for place, name in enumerate(("geometric mean", "5th percentile")):
        rate = {way: story.value(way, f"DL user rate, {name}") for way in WAYS}
        assert 3 * max(rate["static"], zone[place]) < rate["context"] <= rate["oracle"]
    rate = {way: story.value(way, "DL user rate, geometric mean") for way in WAYS}
    assert rate["context"] >= 0.75 * rate["oracle"]


def test_what_is_never_found_is_told_so(stories):
    """Nobody steers with fixed powers; the picture has no bar for it."""
    story = stories["outage"]
    assert story.value("static", "found after") == np.inf
    assert "never" in told(story)
    assert story.picture().count("never") == 2


def test_margins_for_the_dish_are_those_of_the_sum():
    """Limits hold with the probability, and are used up: no more is lost to errors."""
    start = twins.example()
    twin = ntn._Twin(start, 0)
    report = llm_bridge.report(ntn.TEXT, start, author="regulator/agency")
    power = twin.powers(report)
    assert 0.9 * ntn.ASKED <= twin.heard(power) <= ntn.ASKED * (1 + 1e-9)
    later = ntn._erring(start, [0, 6], 4000) @ power
    assert (later <= ntn.ASKED).mean() >= ntn.PROBABILITY - 0.002


def test_platforms_go_where_the_crowd_will_be(stories):
    """A text serves nearly what the bound allows; even and random places far less."""
    story = stories["stadium"]
    served = {way: story.value(way, "value served") for way in WAYS}
    assert served["without context"] < served["context"] <= served["oracle"]
    assert max(served["wrong report"], served["static"]) < 0.8 * served["context"]
    assert story.value("context", "of the bound") >= 95
    assert story.value("oracle", "of the bound") <= 100 + 1e-6
    nobody, scattered = story.others["no platform"], story.others["random places"]
    assert nobody[:2] == (0.0, 0.0)
    assert scattered[0] < 0.8 * served["context"]
    carried = {way: story.value(way, "demand served") for way in WAYS}
    assert nobody[2] < carried["context"] <= 100 + 1e-6
    assert "random places" in told(story)


def test_platforms_keep_batteries_and_backhaul():
    """Some sites are out of reach, and one cell cannot feed both platforms."""
    start = twins.example()
    backhaul = np.full(len(start.cell_id), stadium.BACKHAUL)
    problem = stadium._problem(start.derived(backhaul=backhaul))
    able = problem.energy <= problem.battery
    assert 0.5 < able.mean() < 1
    for sites in (
        stadium._even(problem),
        stadium._random(problem, np.random.default_rng(0)),
    ):
        assert sites.sum() == stadium.PLATFORMS
        assert able[sites].all()
    both = stadium.PLATFORMS * problem.capacity.max()
    assert problem.capacity.max() < stadium.BACKHAUL < both


def test_a_dead_cell_is_found_and_its_users_are_served(stories):
    """Within two periods; nearly all that could be served of their demand is."""
    story = stories["outage"]
    found = {way: story.value(way, "found after") for way in WAYS}
    assert found["context"] < found["without context"] <= 2 < found["static"]
    there = {way: story.value(way, "platform there after") for way in WAYS}
    assert abs(there["context"] - there["without context"]) < 0.5  # alarm at once
    served = {way: story.value(way, "lost demand served") for way in WAYS}
    assert served["context"] >= 0.9 * served["oracle"]
    assert served["without context"] >= 0.9 * served["oracle"]
    assert served["without context"] >= served["static"] - 1
    assert served["wrong report"] < served["context"]


@pytest.mark.parametrize("seed", [2, 9])
def test_lost_demand_is_served_where_neighbours_are_full(seed):
    """Nine tenths of all, so of what any allocation could; fixed powers: 3 quarters."""
    served = {
        way: outage._told(seed, outage.AFTER, text, loop=loop)[0]
        for way, text, loop in (("static", "", False), ("context", outage.TEXT, True))
    }
    assert served["static"] < 75
    assert served["context"] >= 90


def test_who_knows_the_truth_carries_more_and_no_more_than_is_wanted():
    """More than the cells that the network chose, and nobody more than it wants."""
    state = twins.example()
    state = state.derived(demand=4 * state.demand)
    rate = loops.best(state)
    assert (rate <= state.demand).all()
    power = loops.fixed(state)
    trial = Trial(in_context(state, None), np.zeros(len(rate), bool))
    before = np.minimum(trial.rates(trial.outcome(power)), state.demand)
    assert rate.sum() > 1.01 * before.sum()


def test_users_move_where_there_is_room():
    """One of two users of a full cell moves to the empty one; nobody else does."""
    start = twins.example()
    two = np.flatnonzero(start.previous == start.cell_id.tolist().index("M5C"))[:2]
    demand = np.where(np.isin(np.arange(200), two), 1.5e9, 0.0)
    state = start.derived(demand=demand, min_rate=np.zeros(200))
    trial = Trial(in_context(state, None), np.zeros(200, bool))
    trial.demands = trial.demands[:1]
    before = trial.of(state.p_max, start.previous)
    cell = relieved(trial, before, 1e-4)
    assert set(np.flatnonzero(cell != start.previous)) <= set(two)
    after = trial.of(state.p_max, cell)
    assert (cell != start.previous).sum() == 1
    assert trial.rates(after).sum() > 1.2 * trial.rates(before).sum()


def test_a_platform_shares_its_time_and_capacity():
    """Nothing for who lacks nothing or is out of range; all within limits."""
    how = replace(outage.PLATFORM, capacity=50e6)
    site = np.array([0.0, 0, 60])
    flight = Flight(site, site, 0.0, np.zeros(4, bool), how)
    place = np.array([[10.0, 0, 1.5], [20.0, 0, 1.5], [0, 30.0, 1.5], [1e5, 0, 1.5]])
    lacking = np.array([20e6, -5e6, 80e6, 20e6])
    got = flight.serves(1.0, place, lacking)
    assert (got >= 0).all()
    assert (got <= np.maximum(lacking, 0)).all()
    assert got[1] == got[3] == 0
    assert got.sum() == pytest.approx(50e6)
    alone = replace(flight, first=np.zeros(1, bool))
    assert alone.serves(1.0, place[:1], lacking[:1]).tolist() == [20e6]


def test_a_platform_serves_first_those_it_is_sent_for():
    """They get all that they lack while others share what is left of its capacity."""
    how = replace(outage.PLATFORM, capacity=50e6)
    site = np.array([0.0, 0, 60])
    flight = Flight(site, site, 0.0, np.array([False, True, False]), how)
    place = np.array([[10.0, 0, 1.5], [20.0, 0, 1.5], [0, 30.0, 1.5]])
    got = flight.serves(1.0, place, np.array([40e6, 40e6, 40e6]))
    assert got == pytest.approx([5e6, 40e6, 5e6])


def test_a_platform_serves_on_its_way():
    """Nobody while it is on the ground, who is near then, and its site in the end."""
    home, site = np.array([0.0, 0, 60]), np.array([3000.0, 0, 60])
    flight = Flight(home, site, 100.0, np.ones(2, bool), outage.PLATFORM)
    users, lacking = np.array([[0.0, 0, 1.5], [3000.0, 0, 1.5]]), np.array([1e6, 1e6])
    assert flight.arrives == 100.0 + 3000 / outage.PLATFORM.speed
    assert flight.serves(99.0, users, lacking).tolist() == [0.0, 0.0]
    assert flight.serves(101.0, users, lacking).tolist() == [1e6, 0.0]
    assert flight.place(150.0).tolist() == [50 * outage.PLATFORM.speed, 0.0, 60.0]
    assert flight.serves(flight.arrives, users, lacking).tolist() == [0.0, 1e6]


def test_a_platform_gets_ready_as_soon_as_nobody_hears_a_cell():
    """It leaves sooner, but not before it is ordered; who is heard again is well."""
    start = twins.example()
    watch = outage._Watch(0)
    alarms = []
    for period, heard in enumerate(("AB", "A", "A", "AB", "", "A")):
        watch._seen = [start.derived(time=10.0 * period)]
        shown = Evidence({cell: {} for cell in heard}, {})
        watch._listen(SimpleNamespace(evidence=shown))
        alarms.append(watch._alarm)
    assert alarms == [np.inf, 10.0, 10.0, np.inf, np.inf, 50.0]
    leaves = [
        sent(start, start.demand, outage.PLATFORM, 0, start.time - ago).leaves
        for ago in (-np.inf, 10.0, 100.0)
    ]
    assert np.subtract(leaves, start.time).tolist() == [20.0, 10.0, 0.0]


def test_a_platform_goes_where_demand_is_lacking():
    """It hovers nearer to those it is sent for than to the others."""
    state = twins.example()
    far = state.user_position[:, 0] > np.quantile(state.user_position[:, 0], 0.9)
    flight = sent(state, np.where(far, 5e6, 0.0), outage.PLATFORM, 0)
    away = np.linalg.norm(state.user_position[:, :2] - flight.site[:2], axis=1)
    assert away[far].mean() < away[~far].mean()
    assert flight.first.tolist() == far.tolist()
    assert flight.leaves > state.time


def test_pictures_are_well_formed(stories):
    """A bar for each way and indicator, as tall as its value says."""
    for story in stories.values():
        root = ElementTree.fromstring(story.picture())
        bars = [
            one for one in root.iter("{http://www.w3.org/2000/svg}rect")
            if one.get("width") == "24"
        ]  # fmt: skip
        assert len(bars) == len(WAYS) * len(story.indicators)
        assert max(float(one.get("height", 0)) for one in bars) == 130.0


def test_seeds_repeat():
    """The same seed tells the same."""
    one, two = (radar.tell(seed=3, slot=100.0).values for _ in range(2))
    assert one == two


def test_the_truth_keeps_its_limit_by_the_least_blanking():
    """The oracle leaves no slot above the limit, and blanks nothing while it is off."""
    snapshot = radar._band(twins.example())
    midnight = snapshot.time - snapshot.time % 86400
    truth = radar._Truth(snapshot, midnight + radar.FROM + 300.0, 0)
    times = midnight + radar.FROM + np.array([10.0, 500.0, 1400.0])
    blocked = truth.least(times, truth.share > 0)
    assert not blocked[[0, 2]].any()
    assert blocked[1].any()
    assert truth.judged(blocked, times)[1] == 100.0


def test_the_command_refuses_unknown_names():
    """It names the stories there are."""
    command = [sys.executable, "-m", "rrm.scenarios", "nothing"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert "radar" in found.stderr
