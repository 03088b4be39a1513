# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Stadium: how many platforms, and where
#
# A match fills the stadium. Flying base stations can be sent before it does: how many
# are worth it, where should they hover, and what holds the next one back?

# %%
import matplotlib.pyplot as plt
import numpy as np

import llm_bridge
import rrm
import twins
from formulations import LapPlacement
from formulations.context import in_context
from formulations.lap_sites import Platform, site_grid
from rrm.maps import plot_platforms
from rrm.placement.report import placement_report
from rrm.tradeoffs import axis

rrm.warm_up(LapPlacement)
snapshot = twins.example()

# %% [markdown]
# ## What is expected
#
# The operator writes, the bridge reads, and the demand near the cell grows.

# %%
text = "Match at M5B this morning: expect 6 times the usual traffic there until 11:00."
report = llm_bridge.report(text, snapshot, author="operator/S. Lang")
report.items[0].kind, report.items[0].value, report.items[0].target.cells

# %%
expected = snapshot.derived(demand=in_context(snapshot, report).demand)
now, then = snapshot.demand.sum() / 1e6, expected.demand.sum() / 1e6
print(f"demand now {now:.0f} Mbit/s, during the match {then:.0f} Mbit/s")

# %% [markdown]
# ## Where they may hover
#
# Candidates stand on a grid of 150 m in two heights. A platform sends 50 mW, carries
# 200 Mbit/s and has 600 kJ; it loads the backhaul of the nearest cell. A served user
# counts with its demand, times the efficiency of its link relative to the best there
# is.

# %%
platform = Platform(power=0.05, capacity=200e6, battery=600e3)
problem = LapPlacement.from_snapshot(
    expected, 6, platform=platform, spacing=150.0, separation=150.0
)
sites = site_grid(expected.user_position, 150.0, (60.0, 120.0))
problem

# %%
solution = rrm.solve(problem, budget=2.0)
solution

# %%
figure, axes = plt.subplots(figsize=(8, 6), layout="constrained")
_ = plot_platforms(expected.user_position, sites, solution.allocation, axes)

# %% [markdown]
# What each platform carries, what binds it, and what more would be worth at most:

# %%
placement_report(solution)

# %% [markdown]
# ## How many
#
# The front of value against the number of platforms. Grey is what the bounds rule out:
# no search, of whatever kind, gets there.

# %%
front = rrm.tradeoff(
    lambda laps: problem.replace(max_laps=laps),
    [axis.objective(problem, "served"), axis.laps(problem)],
    budget=10.0,
)
print(front)
figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
_ = front.plot(axes)

# %%
table = front.to_frame().sort_values("laps", ignore_index=True)
table["gain of the last"] = table["served"].diff()
table[["laps", "served", "gain of the last", "status", "gap", "knee"]]

# %% [markdown]
# ## Without the text
#
# Sites chosen for the demand of now, and then serving the match:

# %%
blind = LapPlacement.from_snapshot(
    snapshot, 2, platform=platform, spacing=150.0, separation=150.0
)
seeing = problem.replace(max_laps=2)
chosen = {
    "demand of now": rrm.solve(blind, 1.0).allocation.open,
    "demand of the text": rrm.solve(seeing, 1.0).allocation.open,
}
for name, is_open in chosen.items():
    held = seeing.replace(value=np.where(is_open, seeing.value, -np.inf))
    print(f"{name:20} {rrm.solve(held, 1.0).objective / 1e6:6.1f} Mbit/s of value")
