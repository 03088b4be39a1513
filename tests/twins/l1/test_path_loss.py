"""Published tables, second formulas, and limits that any path loss keeps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.cellular import CARRIER, HEIGHT, USER_HEIGHT, path_gain
from twins import FieldError
from twins.l1.air_to_ground import air_to_ground_gain
from twins.l1.path_loss import SCENARIOS, path_loss
from twins.l1.provider import StatisticalGain
from twins.l1.weather import attenuation

LIGHT = 299_792_458.0


def free_space(slant, carrier):
    """20 log10(4 pi d f / c)."""
    return 20 * np.log10(4 * np.pi * slant * carrier / LIGHT)


@pytest.mark.parametrize(
    ("scenario", "ground", "carrier", "heights", "clear", "hidden"),
    [
        # 28 + 22*log10(200) + 20*log10(2) with d3D = 200: 28 + 50.623 + 6.021
        # 13.54 + 39.08*2.30103 + 6.021
        ("UMa", (200**2 - 23.5**2) ** 0.5, 2e9, (25, 1.5), 84.643, 109.485),
        # 32.4 + 21*2 + 20*log10(28) = 103.343; 22.4 + 35.3*2 + 21.3*log10(28)
        ("UMi", (100**2 - 8.5**2) ** 0.5, 28e9, (10, 1.5), 103.343, 123.825),
        # 31.84 + 21.5*log10(50) + 19*log10(3.5); 33.63 + 21.9*log10(50) + 10.881
        ("InF-DH", (50**2 - 6.5**2) ** 0.5, 3.5e9, (8, 1.5), 78.705, 81.719),
        # 18.6 + 35.7*log10(50) + 10.881 = 90.134
        ("InF-DL", 50.0, 3.5e9, (1.5, 1.5), 78.705, 90.134),
        # 33 + 25.5*log10(20) + 10.881 = 77.057; 32.4 + 23*log10(20) + 10.881
        ("InF-SL", 20.0, 3.5e9, (1.5, 1.5), 70.149, 77.057),
        ("InF-SH", (20**2 - 6.5**2) ** 0.5, 3.5e9, (8, 1.5), 70.149, 73.205),
        # 28 + 22*3 + 20*log10(2) = 100.021; -17.5 + (46 - 7*1.69897)*3 +
        # 20*log10(40*pi*2/3) = 123.281, by hand
        ("UMa-AV", (1000**2 - 25**2) ** 0.5, 2e9, (25, 50), 100.021, 123.284),
    ],
)
def test_tables_by_hand(scenario, ground, carrier, heights, clear, hidden):
    """TR 38.901 Table 7.4.1-1 and TR 36.777 Table B-2, worked out for one link."""
    loss = path_loss(scenario, ground, carrier, *heights)
    assert loss.clear == pytest.approx(clear, abs=0.01)
    assert loss.hidden == pytest.approx(hidden, abs=0.01)


def test_rural_by_a_second_formula():
    """M.2135-1's rural form, written out for 35 m, 1.5 m, 700 MHz, 3 km."""
    slant = np.hypot(3000, 33.5)
    hidden = (
        161.04 - 7.1 * np.log10(20) + 7.5 * np.log10(5)
        - (24.37 - 3.7 * (5 / 35) ** 2) * np.log10(35)
        + (43.42 - 3.1 * np.log10(35)) * (np.log10(slant) - 3)
        + 20 * np.log10(0.7) - (3.2 * np.log10(11.75 * 1.5) ** 2 - 4.97)
    )  # fmt: skip
    loss = path_loss("RMa", 3000.0, 0.7e9, 35.0, 1.5)
    assert loss.hidden == pytest.approx(hidden)
    assert loss.chance == pytest.approx(np.exp(-2.99))
    assert loss.clear_std == 6.0  # beyond the break point at 769 m
    near = path_loss("RMa", 500.0, 0.7e9, 35.0, 1.5)
    assert near.clear == pytest.approx(free_space(np.hypot(500, 33.5), 0.7e9), abs=2)


def test_urban_macro_is_what_the_benchmarks_draw_from():
    """Draws with and without line of sight have the moments of the mixture."""
    rng = np.random.default_rng(0)
    ground = np.full(200_000, 300.0)
    drawn = -10 * np.log10(path_gain(ground, rng))
    loss = path_loss("UMa", 300.0, CARRIER * 1e9, HEIGHT, USER_HEIGHT)
    mean, spread = loss.moments()
    assert drawn.mean() == pytest.approx(mean, abs=0.1)
    assert drawn.std() == pytest.approx(spread, abs=0.1)


@pytest.mark.parametrize(
    ("scenario", "ground", "user", "chance"),
    [
        ("UMa", 18.0, 1.5, 1.0),
        ("UMa", 100.0, 1.5, 0.18 + 0.82 * np.exp(-100 / 63)),
        ("UMi", 100.0, 1.5, 0.18 + 0.82 * np.exp(-100 / 36)),
        # 23 m up: C' = 1, times 1 + 1.25 * exp(-100/150)
        (
            "UMa",
            100.0,
            23.0,
            (0.18 + 0.82 * np.exp(-100 / 63)) * (1 + 1.25 * np.exp(-2 / 3)),
        ),
        ("UMa-AV", 5000.0, 150.0, 1.0),
        ("RMa", 10.0, 1.5, 1.0),
    ],
)
def test_line_of_sight_by_hand(scenario, ground, user, chance):
    """Table 7.4.2-1 of TR 38.901 and Table B-1 of TR 36.777."""
    found = path_loss(scenario, ground, 2e9, 25.0, user).chance
    assert found == pytest.approx(chance)


@pytest.mark.parametrize("scenario", SCENARIOS)
@given(st.floats(10, 3000), st.floats(1.01, 1.5), st.floats(0.7, 60), st.floats(25, 35))
def test_loss_grows_with_distance_and_hidden_is_no_better(
    scenario, ground, more, ghz, station
):
    """At any carrier; and chances are chances."""
    user = 60.0 if scenario == "UMa-AV" else 1.5
    near = path_loss(scenario, ground, ghz * 1e9, station, user)
    far = path_loss(scenario, ground * more, ghz * 1e9, station, user)
    assert far.hidden >= near.hidden - 1e-9
    assert near.hidden >= near.clear
    assert 0 <= near.chance <= 1
    mean, spread = near.moments()
    assert near.clear - 1e-9 <= mean <= near.hidden + 1e-9
    assert spread > 0


def test_draws_have_the_moments():
    """200,000 links of one kind."""
    loss = path_loss("UMi", np.full(200_000, 80.0), 3.5e9, 10.0, 1.5)
    drawn = loss.draw(np.random.default_rng(0))
    mean, spread = loss.moments()
    assert drawn.mean() == pytest.approx(mean[0], abs=0.1)
    assert drawn.std() == pytest.approx(spread[0], abs=0.1)


def test_unknown_scenarios_are_named():
    """With what there is."""
    with pytest.raises(ValueError, match="InF-DH"):
        path_loss("city", 100.0, 2e9, 25.0, 1.5)


def test_rain_and_gas_of_itu():
    """P.838-3 at 28 GHz: k = 0.2051, 0.1964, alpha = 0.9679, 0.9277 (H, V)."""
    wet = attenuation(np.array([28e9]), rain=25.0, tilt=0.0) - attenuation(
        np.array([28e9]), tilt=0.0
    )
    assert wet[0] * 1e3 == pytest.approx(0.2051 * 25**0.9679, rel=1e-3)
    upright = attenuation(np.array([28e9]), rain=25.0, tilt=np.pi / 2)
    upright -= attenuation(np.array([28e9]))
    assert upright[0] * 1e3 == pytest.approx(0.1964 * 25**0.9277, rel=1e-3)
    # oxygen at 60 GHz takes about 15 dB/km at sea level; at 0.7 GHz nothing counts
    air = attenuation(np.array([60e9, 0.7e9])) * 1e3
    assert air[0] == pytest.approx(15.0, abs=1.0)
    assert air[1] == 0.0


def test_the_provider_gives_gains_of_all_pairs():
    """Rain of 50 mm/h at 28 GHz costs 8 dB/km or so, nothing at 0.7 GHz."""
    cell = np.array([[0.0, 0.0, 25.0], [500.0, 0.0, 25.0]])
    user = np.array([[100.0, 0.0, 1.5], [0.0, 1000.0, 1.5], [500.0, 30.0, 1.5]])
    carrier = np.array([0.7e9, 28e9])
    dry, spread = StatisticalGain("UMa").gain_db(cell, user, carrier)
    wet, _ = StatisticalGain("UMa", rain=50.0).gain_db(cell, user, carrier)
    assert dry.shape == spread.shape == (3, 2)
    np.testing.assert_allclose(dry[:, 0], wet[:, 0])
    slant = np.linalg.norm(user - cell[1], axis=1)
    np.testing.assert_allclose((dry - wet)[:, 1] / slant * 1e3, 8.2, atol=0.6)


def test_what_is_no_weather_no_carrier_and_no_place_is_refused():
    """A rate below zero was dry air, and 3.5 GHz told as 3.5 Hz a gain of 80 dB."""
    for rain in (-5.0, np.nan, np.inf):
        with pytest.raises(FieldError, match=r"attenuation\.rain"):
            attenuation(np.array([28e9]), rain=rain)
        with pytest.raises(FieldError, match=r"StatisticalGain\.rain"):
            StatisticalGain("UMa", rain=rain)
    with pytest.raises(FieldError, match=r"scenario = 'city': must be one of UMa"):
        StatisticalGain("city")
    place = np.array([[0.0, 0.0, 25.0], [9.0, 0.0, 25.0]])
    with pytest.raises(
        FieldError, match=r"carrier\[0, 1\] = 3\.5: must be in \[1e\+08"
    ):
        StatisticalGain("UMa").gain_db(place, place, np.array([2e9, 3.5]))
    with pytest.raises(FieldError, match=r"path_loss\.carrier = nan"):
        path_loss("UMa", 100.0, np.nan, 25.0, 1.5)
    with pytest.raises(FieldError, match=r"environment = 'city': must be one of sub"):
        air_to_ground_gain(place, place, 2e9, "city")
