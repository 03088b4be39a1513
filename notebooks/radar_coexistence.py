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
# # Radar coexistence
#
# A radar on an aircraft crosses the band of the network. Cells must be silent there
# before it hears them, and only those that must.

# %%
import matplotlib.pyplot as plt
import numpy as np

import llm_bridge
import rrm
import twins
from formulations import BlockSchedule
from rrm.radar import RadarTrack, blanking, free_space, in_band
from rrm.spectrum_plots import plot_schedule

rrm.warm_up(BlockSchedule)

# %% [markdown]
# ## What is said, and what is tracked
#
# The text gives the band and the time, the track gives the place with its uncertainty.

# %%
cells, carrier, width, blocks = 21, 3.42e9, 40e6, 8
snapshot = twins.example()
snapshot = snapshot.derived(
    carrier=np.full(cells, carrier), bandwidth=np.full(cells, width)
)
text = "Radar sweep north-east, 3410-3430 MHz, 14:05-14:20."
report = llm_bridge.report(text, snapshot, author="operator/S. Lang")
(item,) = report.items
print(item.kind, item.target.band_hz, item.start, item.end)

# %%
track = RadarTrack(
    state=np.array([24e3, 24e3, 300.0, -43.0, -43.0, 0.0]),  # m, m/s
    covariance=np.diag(np.array([200.0, 200.0, 20.0, 1.0, 1.0, 0.2]) ** 2),
    band=np.array(item.target.band_hz),
    limit=3e-11,  # W
    time=item.start.timestamp(),
)
track

# %% [markdown]
# ## Which blocks go silent, and when
#
# Slots of half a minute. In each, the limit holds in 99.95% of draws of place and
# shadowing together.

# %%
times = track.time + np.arange(0.0, 900.0, 30.0) + 15.0
edges = carrier - width / 2 + width / blocks * np.arange(blocks + 1)
share = in_band(track, np.tile(edges[:-1], (cells, 1)), np.tile(edges[1:], (cells, 1)))
power = np.repeat(snapshot.p_max[:, None] / blocks, blocks, axis=1)
silent = blanking(
    track,
    snapshot.cell_position,
    power,
    share,
    times,
    free_space(snapshot.carrier),
    spread_db=1.0,
    probability=0.9995,
    draws=2000,
)
print(f"protected in each slot with at least {silent.protected.min():.2%}")
assert silent.protected.min() >= 0.9995

# %%
distance = np.linalg.norm(
    track.state[:3] + (times - track.time)[:, None] * track.state[3:], axis=1
)
figure, axes = plt.subplots(figsize=(8, 3.5), layout="constrained")
axes.step(times - track.time, silent.blocked.any(axis=2).sum(axis=1), where="mid")
axes.set(xlabel="s since 14:05", ylabel="cells that blank", ylim=(0, cells + 1))
beside = axes.twinx()
beside.plot(times - track.time, distance / 1e3, color="black", linewidth=1)
_ = beside.set(ylabel="distance of the radar, km", ylim=(0, None))

# %% [markdown]
# What it costs, against leaving the whole band empty all the time:

# %%
kept = 1 - silent.blocked.mean()
always = 1 - (share > 0).mean()
print(f"blocks in use: {kept:.1%}; with the band excluded for good: {always:.1%}")

# %% [markdown]
# ## Who gets the rest
#
# Slot after slot, users of the cell that is blanked most share the remaining blocks
# fairly. Each slot is a certified problem of its own.

# %%
cell = int(silent.blocked.sum(axis=(0, 2)).argmax())
members = np.flatnonzero(snapshot.previous == cell)[:6]
rng = np.random.default_rng(1)
rates = 4e6 * rng.gamma(2.0, 0.5, (len(times), len(members), blocks))
schedules, mean = [], np.full(len(members), 4e6)
for slot, rate in enumerate(rates):
    problem = BlockSchedule(
        rate,
        blocked=silent.blocked[slot, cell][None],
        objective="proportional_fair",
        average=mean,
    )
    answer = rrm.solve(problem, 0.1)
    got, _ = problem.served(answer.allocation)
    mean = (1 - 1 / problem.window) * mean + got / problem.window
    schedules.append(answer.allocation)
print(answer)

# %%
axes = plot_schedule(
    schedules,
    silent.blocked[:, [cell]],
    times=times - track.time,
    edges=edges,
    axes=plt.subplots(figsize=(9, 5), layout="constrained")[1],
)
axes.set_title(
    f"{snapshot.cell_id[cell]}: users by colour, hatched: silent for the radar"
)
