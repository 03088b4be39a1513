"""Rules say what can hold, and for whom."""

import numpy as np
import pytest

import twins
from formulations.context import in_context
from twins import FieldError, PolicyRule
from twins.coupling import MapGain, Twins
from twins.network import SimulatedNetwork


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (("power_limits", 1.0), "PolicyRule.kind = 'power_limits': must be one of"),
        ((5, 1.0), "PolicyRule.kind = 5: must be one of"),
        (("power_limit", 30.0, "dBm"), "PolicyRule.unit = 'dBm': must be W or 1"),
        (("rate_floor", 5.0, "Mbit/s"), "PolicyRule.unit = 'Mbit/s': must be bit/s"),
        (
            ("slice_share", 80.0, "%", (), ("slice-0",)),
            "PolicyRule.unit = '%': must be min or max",
        ),
        (
            ("slice_share", 80.0, "max", (), ("slice-0",)),
            "PolicyRule.value = 80.0: must be finite, in [0.0, 1.0]",
        ),
        (("slice_share", 0.5, "max"), "PolicyRule.users = (): must be slices"),
        (("slice_share", 0.5, "max", (), ("u",)), "PolicyRule.users = ('u',): must be"),
        (("rate_cap", np.nan, "bit/s"), "PolicyRule.value = nan: must be finite"),
        (("rate_cap", np.inf, "bit/s"), "PolicyRule.value = inf: must be finite"),
        (("power_limit", -1.0, "W"), "PolicyRule.value = -1.0: must be finite, in"),
        (("outage", None), "PolicyRule.value = None: must be finite"),
        (("association_preference", "NEVER"), "PolicyRule.value = 'NEVER': must be"),
        (("outage", 1.0, "1", "M1A"), "PolicyRule.cells = 'M1A': must be names in"),
        (("outage", 1.0, "1", ("M1A", 5)), "PolicyRule.cells[1] = 5: must be text"),
        (("outage", 1.0, "1", (), ("u",)), "PolicyRule.users = ('u',): must be empty"),
        (("outage", 1.0, "1", (), (), 5.0, 4.0), "PolicyRule.start = 5.0: must be"),
        (("outage", 1.0, "1", (), (), np.inf), "PolicyRule.start = inf: must be"),
        (("outage", 1.0, "1", (), (), np.nan), "PolicyRule.start = nan: must be"),
        (("outage", 1.0, "1", (), (), "now"), "PolicyRule.start = 'now': must be a"),
    ],
)
def test_rules_that_cannot_hold_are_refused(given, text):
    """Misspelt kinds, other units, values that are none, nobody it is for."""
    with pytest.raises(FieldError) as caught:
        PolicyRule(*given)
    assert str(caught.value).startswith(text)


def test_rules_are_kept_in_plain_numbers():
    """Whatever numbers and lists they came in; slices are told by their numbers."""
    rule = PolicyRule("rate_cap", np.float32(5), "bit/s", users=["u", "slice-12"])
    assert rule == PolicyRule("rate_cap", 5.0, "bit/s", users=("u", "slice-12"))
    assert type(rule.value) is float
    assert rule.slices == (12,)


@pytest.mark.parametrize("start", [-np.inf, 1e12], ids=["now", "later"])
def test_rules_that_a_snapshot_has_are_not_applied_again(start):
    """Half of the power stays half, and a doubled demand doubled, when composed."""
    known, coverage = twins.example(), twins.example_coverage()
    network = SimulatedNetwork(known, coverage, seed=1)
    network.step(10.0)
    rules = (
        PolicyRule("power_limit", 0.5, "1", cells=("M1A",), start=start),
        PolicyRule("traffic_surge", 2.0, "1", start=start),
    )
    twin = Twins(known, MapGain(coverage, known), policy=rules)
    snapshot = twin.update(network.report(), network.time)
    assert snapshot.p_max[0] == (20.0 if start < 0 else 40.0)
    assert len(snapshot.policy) == (1 if start < 0 else 2)
    composed = in_context(snapshot, None)
    assert composed.p_max.tolist() == snapshot.p_max.tolist()
    assert composed.demand.tolist() == snapshot.demand.tolist()
