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
# # Throughput, fairness, energy on Munich
#
# More of one is less of another. `rrm.tradeoff` finds the points of which none is
# better than another on all axes, with a proof for each, and the region that nothing
# can enter.

# %%
import matplotlib.pyplot as plt
import numpy as np

import rrm
import twins
from formulations import PowerControl, UserAssociation, compose
from llm_bridge import example as example_report
from rrm.tradeoffs import Axis, axis

rrm.warm_up(UserAssociation, PowerControl)
snapshot = twins.example()

# %% [markdown]
# ## Throughput against fairness
#
# 200 users, 21 cells. A cell has ten places, each with a tenth of its time; the rates
# are those at full power, with all other cells sending.

# %%
heard = snapshot.gain * snapshot.p_max
others = heard.sum(axis=1, keepdims=True) - heard
sinr = heard / (others + snapshot.noise[:, None])
place_rate = np.where(sinr > 1e-3, snapshot.bandwidth * np.log2(1 + sinr) / 10, -np.inf)
users, cells = place_rate.shape
problem = UserAssociation(place_rate, np.ones(users), np.full(cells, 10.0))
problem

# %% [markdown]
# Fairness is the sum of the logarithms of rates. It is asked by price: one more natural
# logarithm is worth up to 1 Gbit/s of the sum.

# %%
logarithm = np.log(np.where(np.isfinite(place_rate), place_rate, 1.0))


def log_rates(found) -> float:
    """Sum of the logarithms of the served users' rates."""
    served = np.flatnonzero(found.cell >= 0)
    return float(logarithm[served, found.cell[served]].sum())


front = rrm.tradeoff(
    lambda fairness: problem.replace(utility=place_rate + fairness * logarithm),
    [
        axis.objective(problem, "throughput"),
        Axis("fairness", log_rates, 1, highest_price=1e9),
    ],
    budget=rrm.Budget(8.0, gap=1e-5),
    points=30,
)
front.to_frame().head()

# %%
print(front)
print(f"hypervolume {front.hypervolume():.4g}")
figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
_ = front.plot(axes)

# %% [markdown]
# What the knee gives up and gains, against the end with the highest throughput:

# %%
best, knee = front.points[0], front.knee
lost = 1 - knee.values["throughput"] / best.values["throughput"]
gained = np.expm1((knee.values["fairness"] - best.values["fairness"]) / users)
print(f"{lost:.1%} of the throughput for {gained:.1%} more rate in the geometric mean")

# %% [markdown]
# ## Least rate against energy
#
# The powers of the cells that a report leaves free, with a receiver to protect. A limit
# on all power is one more receiver that hears everybody with gain 1.

# %%
power = compose(snapshot, example_report(), PowerControl)
power = power.replace(objective="max_min_rate", min_rate=np.zeros_like(power.p_max))
most = rrm.solve(power, 1.0).allocation.power.sum()
energy = rrm.tradeoff(
    lambda energy: axis.with_total_power(power, energy),
    [
        axis.objective(power, "least_rate"),
        axis.energy(np.geomspace(1e-3 * most, most, 20)),
    ],
    budget=8.0,
    points=20,
)
print(energy)
figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
_ = energy.plot(axes)

# %% [markdown]
# ## Interactive, and for a paper
#
# In a notebook `front.plot()` without axes is a plotly figure, with the certificate of
# each point under the pointer. `front.plot(axes)` draws on matplotlib axes, as here;
# `front.to_html("front.html")` writes a page with picture and table that needs nothing
# else.

# %%
import tempfile
from pathlib import Path

with tempfile.TemporaryDirectory() as folder:
    page = Path(folder) / "front.html"
    front.to_html(page, "Throughput and fairness on Munich")
    print(f"{page.stat().st_size / 1024:.0f} KiB")
