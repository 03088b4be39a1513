"""What is compiled before the first solve, and by whom."""

import subprocess

import pytest

import rrm
from formulations import BlockSchedule, LapPlacement, PowerControl, UserAssociation
from formulations.kernels import association_tally, fair_flow, pairs
from formulations.kernels.box_tree import share
from formulations.kernels.transport_start import keep_users
from rrm import foresight, warming
from rrm.methods.power import branch_and_bound
from rrm.registry import methods_for


def inline(problem: type) -> list:
    """Methods of a problem that ship and run in this process."""
    return [one for one in methods_for(problem) if one.is_own and not one.isolated]


def test_kernels_are_looked_for_where_they_are_kept(tmp_path, monkeypatch):
    """An empty folder has none; one index is enough."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not warming.is_compiled()
    folder = tmp_path / "kernels_0"
    folder.mkdir()
    (folder / "knapsack.room-10.py311.nbi").touch()
    assert warming.is_compiled()


def test_another_process_loads_kernels():
    """The process ends well, with the methods in the order given."""
    rrm.warm_up(BlockSchedule)  # what it loads is compiled
    methods = inline(BlockSchedule)
    assert len(methods) > 2
    other = warming.compile_backwards(methods)
    assert other.wait(timeout=300) == 0
    assert [warming.key_of(methods[-1])] == other.args[4:5]


def test_a_method_that_nobody_knows_ends_the_other_process():
    """Its failure is its own."""
    with pytest.raises(KeyError):
        warming.load_named("PowerControl.nothing")


def test_cold_kernels_start_the_other_process(monkeypatch):
    """With methods enough; it is ended with the warm-up."""
    started = []

    def start(methods):
        started.append(subprocess.Popen(["sleep", "60"]))
        return started[-1]

    monkeypatch.setattr(warming, "_warmed", set())
    monkeypatch.setattr(warming, "is_compiled", lambda: False)
    monkeypatch.setattr(warming, "compile_backwards", start)
    rrm.warm_up(PowerControl, workers=False)
    assert started[0].returncode is not None


def test_compiling_is_not_taken_for_a_set_up(monkeypatch):
    """Else what took long once would not be started for the rest of the process."""
    foresight.forget()
    warming.load_kernels(inline(BlockSchedule)[-1])
    assert not foresight._begins


def test_kernels_for_many_users_are_loaded():
    """Those that only large problems meet, too."""
    rrm.warm_up(UserAssociation)
    loaded = (association_tally.tally, pairs.places, pairs.earnings, fair_flow.adjust)
    for kernel in loaded:
        assert kernel.signatures
    rrm.warm_up(LapPlacement)
    assert keep_users.signatures  # that a crowd which is solved again meets


def test_the_kernel_of_grown_trees_is_loaded():
    """Calls that follow a warm-up need not load it in their time."""
    warming.load_methods("PowerControl.branch_and_bound")
    assert share.signatures
    assert branch_and_bound.load_sharing.cache_info().currsize == 1


def test_named_methods_are_loaded_alone(monkeypatch):
    """Neither the others nor what chooses among methods; the second time nothing."""
    loaded = []
    monkeypatch.setattr(warming, "_warmed", set())
    monkeypatch.setattr(warming, "load_kernels", lambda one: loaded.append(one.name))
    monkeypatch.setattr(warming, "load_selector", lambda one: loaded.append(one))
    for _ in range(2):
        warming.load_methods("PowerControl.fixed_point", "UserAssociation.lagrangian")
    assert loaded == ["fixed_point", "lagrangian"]
