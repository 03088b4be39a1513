"""The price sheet: prices by formula, by solving again, and by the reports."""

import numpy as np
import pytest

import rrm
from formulations import ChannelAssignment, LapPlacement, PowerControl, UserAssociation
from rrm.placement.report import placement_report
from rrm.price_sheet import price_sheet
from twins.declaration import FieldError

EXACT = rrm.Budget(60.0, gap=1e-7)


def prices(sheet, resource: str) -> np.ndarray:
    """Prices of one resource."""
    return sheet.loc[sheet["resource"] == resource, "price"].to_numpy()


def test_one_link_by_formula():
    """Rate W log2(1 + g p / n): by p W g / (n + g p) / ln 2, by W the logarithm."""
    link = PowerControl(
        gain=[[1e-10]], noise=[1e-12], p_max=[2.0], bandwidth=1e6,
        objective="max_min_rate",
    )  # fmt: skip
    sheet = price_sheet(rrm.solve(link, EXACT))
    assert prices(sheet, "power") == pytest.approx([1e6 * 100 / 201 / np.log(2)])
    assert prices(sheet, "spectrum") == pytest.approx([np.log2(201)])
    assert list(sheet["kind"]) == ["marginal", "marginal"]
    assert list(sheet["objective_unit"]) == ["bit/s", "bit/s"]


@pytest.mark.parametrize("objective", ["sum_rate", "proportional_fair", "min_power"])
def test_spectrum_by_solving_again(objective):
    """Two links with floors: a thousandth more bandwidth gains its price."""
    pair = PowerControl(
        gain=[[1e-10, 1e-12], [2e-12, 1e-10]], noise=[1e-12, 1e-12],
        p_max=[2.0, 2.0], bandwidth=1.0, objective=objective, min_rate=[6.0, 0.5],
    )  # fmt: skip
    budget = rrm.Budget(60.0, gap=1e-6)
    solution, step = rrm.solve(pair, budget), 1e-2
    more = rrm.solve(pair.replace(bandwidth=1.0 + step), budget)
    gained = pair.sense * (more.objective - solution.objective) / step
    found = prices(price_sheet(solution), "spectrum")
    assert found == pytest.approx([gained], rel=0.1)
    assert gained > 0


def test_limits_that_hold_nothing_have_no_row():
    """No masks, no floors: a row for each limit of power, and one for spectrum."""
    sheet = price_sheet(rrm.solve(PowerControl.example(), 0.2))
    assert dict(sheet["resource"].value_counts()) == {"power": 8, "spectrum": 1}


def test_links_of_one_transmitter_have_one_price():
    """Two links of transmitter 0, one of transmitter 2; blocks have masks."""
    problem = PowerControl(
        gain=1e-10 * np.eye(3), noise=np.full((3, 2), 1e-12), p_max=[2.0, 2.0, 1.0],
        transmitter=[0, 0, 2], p_mask=np.full((3, 2), 0.5),
    )  # fmt: skip
    sheet = price_sheet(rrm.solve(problem, 0.2))
    targets = sheet.groupby("resource")["target"].agg(list)
    assert sorted(targets["power"]) == ["0", "2"]
    assert "1, block 1" in targets["power mask"]
    assert len(targets["power mask"]) == 6


def test_association_by_solving_again():
    """Nobody gains more from one more place than it costs; some do gain."""
    rng = np.random.default_rng(4)
    problem = UserAssociation(
        rng.uniform(1.0, 4.0, (12, 3)) * [2.0, 2.0, 1.0], np.ones(12),
        np.array([3.0, 4.0, np.inf]),
        labels={"B": ("north", "south", "roof")},
    )  # fmt: skip
    solution = rrm.solve(problem, EXACT)
    sheet = price_sheet(solution)
    assert sorted(sheet["target"]) == ["north", "south"]
    for _, row in sheet.iterrows():
        capacity = problem.capacity.copy()
        capacity[("north", "south").index(row["target"])] += 1
        more = rrm.solve(problem.replace(capacity=capacity), EXACT)
        gained = more.objective - solution.objective
        assert -1e-6 <= gained <= row["price"] + 1e-5
    assert (sheet["price"] > 0).any()
    assert (sheet["kind"] == "bound").all()


def test_placement_says_what_its_report_says():
    """Platforms, backhaul and capacity; prices are those of the dual bound."""
    problem = LapPlacement.example()
    solution = rrm.solve(problem, 1.0, method="lagrangian")
    report, sheet = placement_report(solution), price_sheet(solution)
    assert np.isfinite(sheet["price"]).all()
    assert prices(sheet, "platforms") == pytest.approx([report.next_lap])
    finite = np.isfinite(problem.backhaul)
    assert prices(sheet, "backhaul") == pytest.approx(report.backhaul[finite] / 1e6)
    assert sorted(prices(sheet, "capacity")) == pytest.approx(
        sorted(report.capacity / 1e6)
    )


def test_without_prices_in_the_proof_there_is_none():
    """A bound by search tells no price, and the row says so."""
    problem = LapPlacement.example()
    by_search = rrm.solve(problem, 10.0, method="branch_and_bound")
    assert by_search.certificate.argument.startswith("by search")
    assert np.isnan(prices(price_sheet(by_search), "platforms")).all()


def test_sheets_join_and_sort():
    """Rows of several problems; within a resource the dearest first; worth by 1 %."""
    powers = rrm.solve(PowerControl.example(), 0.2)
    association = rrm.solve(UserAssociation.example(), 0.2)
    sheet = price_sheet(powers, association)
    assert {"power", "spectrum", "capacity"} == set(sheet["resource"])
    power = sheet[sheet["resource"] == "power"]
    assert power["worth"].is_monotonic_decreasing
    assert power["worth"].to_numpy() == pytest.approx(
        (power["price"] * power["limit"]).to_numpy() / 100
    )
    assert price_sheet().empty


def test_what_has_no_prices_is_refused():
    """Another problem, or no allocation."""
    channels = rrm.solve(ChannelAssignment.example(), 0.1)
    with pytest.raises(FieldError, match="ChannelAssignment: must be of PowerControl"):
        price_sheet(channels)
    crowded = UserAssociation.example().replace(
        must_serve=True, capacity=np.full(3, 1.0)
    )
    with pytest.raises(FieldError, match="no allocation: must be an answer"):
        price_sheet(rrm.solve(crowded, 1.0))


def test_groups_have_rows_and_prices():
    """Those of the bound: cells, and each group's limit in each cell."""
    rng = np.random.default_rng(0)
    problem = UserAssociation(
        rng.lognormal(size=(40, 3)), rng.uniform(0.5, 1.5, 40), np.full(3, 9.0),
        group=rng.random((2, 40)) < 0.5, group_capacity=[[2.0, 2.0, np.inf], [2.0] * 3],
    )  # fmt: skip
    solution = rrm.solve(problem, 0.5, method="lagrangian")
    proof, sheet = solution.certificate.proof, price_sheet(solution)
    rows = sheet[sheet["resource"] == "group capacity"].set_index("target")
    assert len(rows) == 5
    assert rows.loc["1, cell 2", "price"] == proof.group_price[1, 2] > 0
    assert rows.loc["0, cell 1", "limit"] == 2.0
    assert sorted(prices(sheet, "capacity")) == sorted(proof.price)
