"""Families of other packages are suites, and are trained on."""

from importlib.metadata import EntryPoint

import numpy as np
import pytest

from benchmarks import training_instances as instances
from benchmarks.suites import families as suite
from benchmarks.training import planned
from formulations import PowerControl
from rrm import FieldError


def small(rng: np.random.Generator, seed: int) -> PowerControl:
    """An instance whose noise tells its seed."""
    return PowerControl(
        rng.uniform(0.5, 1.0, (2, 2)), np.full(2, 1.0 + seed), [1.0, 1.0]
    )


@pytest.fixture(autouse=True)
def _package(monkeypatch):
    """A package with one family."""
    where = EntryPoint("small", f"{__name__}:small", instances.GROUP)
    for module in (instances, suite):
        monkeypatch.setattr(module, "entry_points", lambda group: [where])
    instances.families.cache_clear()
    yield
    instances.families.cache_clear()


def test_seeds_of_suites_and_of_training_differ(tmp_path):
    """The suite has seeds from 0 on, training those that suites never use."""
    (found,) = suite.suites(tmp_path)
    (one,) = found.instances
    assert (found.name, one.label) == ("small", "small/drawn")
    assert one.build(3).noise[0] == 4.0
    trained = instances.Training("small", 3).build()
    assert trained.noise[0] == 4.0 + instances.FIRST_SEED


def test_plans_of_some_families_within_some_time():
    """Those named, at budgets up to the longest."""
    plan = list(planned(2, ("small",), 0.1))
    assert [one.label for one, _ in plan] == ["small/0", "small/1"]
    assert {budgets for _, budgets in plan} == {(0.01, 0.1)}
    assert len(list(planned(2, ("small",)))) == 3  # one more, and longer
    with pytest.raises(FieldError, match="small"):
        list(planned(2, ("large",)))
