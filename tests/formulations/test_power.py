"""Power control: numbers by hand, refusals, starts, scaling, files."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from formulations import FieldError, Power, PowerControl

TWO = {"gain": [[4.0, 1.0], [2.0, 8.0]], "noise": [1.0, 2.0], "p_max": [1.0, 1.0]}


def test_rate_by_hand():
    """SINR is 4 * 1 / (1 + 1 * 0.5) = 8/3 and 8 * 0.5 / (2 + 2 * 1) = 1."""
    problem = PowerControl(**TWO, bandwidth=10.0)
    expected = [10 * np.log2(1 + 8 / 3), 10 * np.log2(2)]
    np.testing.assert_allclose(problem.rate(np.array([1.0, 0.5])), expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        ("sum_rate", 1 * 3.0 + 2 * 1.0),
        ("max_min_rate", 0.5),
        ("proportional_fair", 1 * np.log(3.0) + 2 * np.log(1.0)),
        ("min_power", 2.0),
        ("energy_efficiency", 5.0 / (1.0 + 2.0 / 0.5)),
    ],
)
def test_objectives_by_hand(objective, expected):
    """With SINRs 14 / 2 = 7 and 6 / 6 = 1 the rates are 3 and 1 bit/s."""
    problem = PowerControl(
        gain=[[14.0, 1.0], [4.0, 6.0]],
        noise=[1.0, 2.0],
        p_max=[1.0, 1.0],
        weight=[1.0, 2.0],
        objective=objective,
        circuit_power=1.0,
        amplifier_efficiency=0.5,
    )
    assert problem.evaluate(Power(np.ones(2))) == pytest.approx(expected, rel=1e-14)


def test_a_strong_own_signal_does_not_drown_the_noise():
    """Own gain 1 and noise 1e-20: subtracting the signal from a sum would lose it."""
    problem = PowerControl(
        gain=[[1.0, 1e-18], [1e-18, 1.0]], noise=[1e-20, 1e-20], p_max=[1.0, 1.0]
    )
    expected = np.log2(1 + 1.0 / (1e-20 + 1e-18))
    np.testing.assert_allclose(problem.rate(np.ones(2)), expected, rtol=1e-14)


def test_blocks_by_hand():
    """Two blocks, one gain matrix; rates add over blocks."""
    problem = PowerControl(**{**TWO, "noise": [[1.0, 3.0], [2.0, 1.0]]})
    power = np.array([[0.5, 0.25], [0.0, 1.0]])
    first = np.log2(1 + 4 * 0.5 / 1.0) + np.log2(1 + 4 * 0.25 / (3.0 + 1.0))
    second = np.log2(1 + 8 * 1.0 / (1.0 + 2 * 0.25))
    np.testing.assert_allclose(problem.rate(power), [first, second], rtol=1e-14)


def test_violations_by_hand():
    """Each is the excess over its limit, relative to the limit."""
    problem = PowerControl(
        **TWO,
        min_rate=[4.0, 0.0],
        p_mask=[0.8, np.inf],
        transmitter=[0, 0],
        protected_gain=[[1.0, 2.0]],
        protected_limit=[2.0],
    )
    found = problem.violations(Power(np.array([1.0, 1.0])))
    assert found["p_max"] == pytest.approx(1.0)  # 2 W of one transmitter, 1 allowed
    assert found["p_mask"] == pytest.approx(0.25)
    assert found["protected_limit"] == pytest.approx(0.5)  # 3 W heard, 2 allowed
    assert found["min_rate"] == pytest.approx(1 - np.log2(3.0) / 4.0)
    assert found["power"] == 0.0
    assert problem.violations(Power(np.array([-0.5, 0.0])))["power"] == 0.5


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"gain": [[1.0, np.nan], [0, 1]]}, "PowerControl.gain[0, 1] = nan"),
        ({"gain": [[1.0, -1.0], [0, 1]]}, "PowerControl.gain[0, 1] = -1.0"),
        ({"noise": [1.0, 0.0]}, "PowerControl.noise[1] = 0.0: must be finite, in (0"),
        ({"p_max": [np.inf, 1.0]}, "PowerControl.p_max[0] = inf: must be finite"),
        ({"p_max": [-1.0, 1.0]}, "PowerControl.p_max[0] = -1.0"),
        ({"weight": [1.0]}, "PowerControl.weight = shape (1,)"),
        (
            {"objective": "max"},
            "PowerControl.objective = 'max': must be one of sum_rate",
        ),
        ({"bandwidth": 0.0}, "PowerControl.bandwidth = 0.0: must be finite, in (0.0"),
        (
            {"transmitter": [0, 2]},
            "PowerControl.transmitter[1] = 2: must be an integer",
        ),
        (
            {"transmitter": [0, 0], "p_max": [1.0, 2.0]},
            "PowerControl.p_max[1] = 2.0: must be 1.0 W as on the other links",
        ),
        (
            {"protected_gain": [[1.0, 1.0]]},
            "PowerControl.protected_limit = missing: must be given, of shape (M) or",
        ),
        ({"gain": np.empty((0, 0))}, "PowerControl.gain = shape (0, 0)"),
    ],
)
def test_bad_input_is_refused(changes, text):
    """The error names the field, the index, the value and the rule."""
    with pytest.raises(FieldError) as caught:
        PowerControl(**{**TWO, **changes})
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    ("allocation", "text"),
    [
        (Power(np.ones(3)), "Power.power = shape (3,): must be of shape (2,)"),
        (Power(np.array([1.0, np.nan])), "Power.power[1] = nan: must be finite"),
        (Power(np.array(["a", "b"])), "Power.power = array of <U1: must be real"),
        (np.ones(2), "allocation = ndarray: must be a Power"),
    ],
)
def test_bad_allocations_are_refused(allocation, text):
    """So are allocations, by evaluate and violations alike."""
    problem = PowerControl(**TWO)
    for call in (problem.evaluate, problem.violations):
        with pytest.raises(FieldError) as caught:
            call(allocation)
        assert str(caught.value).startswith(text)


@st.composite
def problems(draw) -> PowerControl:
    """Problems of up to four links with gains from 1e-14 to 1 and any limits."""
    links = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    blocks = draw(st.sampled_from([None, 1, 3]))
    shape = (links, links) if blocks is None else (links, links, blocks)
    fields = {
        "gain": 10 ** rng.uniform(-14, 0, shape),
        "noise": 10 ** rng.uniform(-15, -9, links),
        "p_max": rng.uniform(0, 2, links),
        "bandwidth": 10 ** rng.uniform(0, 8),
        "objective": draw(st.sampled_from(["sum_rate", "min_power", "max_min_rate"])),
    }
    if draw(st.booleans()):
        fields["protected_gain"] = 10 ** rng.uniform(-14, 0, (2, links))
        fields["protected_limit"] = 10 ** rng.uniform(-14, 0, 2)
    if draw(st.booleans()):
        fields["min_rate"] = fields["bandwidth"] * rng.uniform(0, 0.2, links)
    if draw(st.booleans()):
        fields["transmitter"] = np.zeros(links, int)
        fields["p_max"] = np.full(links, 1.5)
    return PowerControl(**fields)


@given(problems())
def test_the_trivial_start_is_feasible(problem):
    """What trivial returns passes every constraint."""
    start = problem.trivial()
    if start is not None:
        assert max(problem.violations(start).values()) <= 1e-9
    elif not problem.min_rate.any():
        raise AssertionError("without floors there is always a start")


@given(problems(), st.integers(0, 2**32 - 1))
def test_the_scaled_problem_is_the_same_problem(problem, seed):
    """Objective and violations agree in canonical units, which are of size one."""
    scaled = problem.scaled()
    shape = problem.shape
    share = np.random.default_rng(seed).uniform(0, 1.2, shape)
    limit = problem.p_max.reshape(-1, *(1,) * (len(shape) - 1))
    power = Power(share * limit)
    canonical = Power(power.power / scaled.units["W"])
    np.testing.assert_allclose(scaled.restored(canonical).power, power.power)
    unit = {"min_power": "W"}.get(problem.objective, "bit/s")
    assert scaled.evaluate(canonical) * scaled.units[unit] == pytest.approx(
        problem.evaluate(power), rel=1e-9
    )
    ours, theirs = problem.violations(power), scaled.violations(canonical)
    for name, value in ours.items():
        assert theirs[name] == pytest.approx(value, rel=1e-6, abs=1e-9)
    assert scaled.noise.min() == 1.0
    assert scaled.p_max.max() in (0.0, 1.0)


@given(problems())
def test_files_keep_every_bit(tmp_path_factory, problem):
    """What is saved is what is read, with labels and origin."""
    path = tmp_path_factory.mktemp("power") / "problem.npz"
    problem = problem.replace(
        labels={"L": tuple(f"cell-{k}" for k in range(len(problem.p_max)))},
        origin={"p_max": [(0, {"kind": "power_limit"})], "gain": [((0, 0), "map")]},
    )
    problem.to_file(path)
    again = PowerControl.from_file(path)
    for name, _ in PowerControl.specs():
        np.testing.assert_array_equal(getattr(again, name), getattr(problem, name))
    assert again.labels == problem.labels
    assert again.origin == problem.origin


def test_a_file_of_another_problem_is_refused(tmp_path):
    """The error names what is there and what was expected."""
    from formulations import UserAssociation

    UserAssociation.example().to_file(tmp_path / "problem.npz")
    with pytest.raises(FieldError, match="'UserAssociation': must be PowerControl"):
        PowerControl.from_file(tmp_path / "problem.npz")
