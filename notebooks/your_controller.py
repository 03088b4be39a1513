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
# # The engine in your controller
#
# A controller calls within an event loop, under a budget, and must know whether what it
# sent has come about.

# %%
import asyncio

import numpy as np

import llm_bridge
import rrm
import twins
from formulations import PowerControl, UserAssociation, compose
from llm_bridge import example as example_report

rrm.warm_up(UserAssociation, PowerControl)
snapshot, report = twins.example(), example_report()

# %% [markdown]
# ## Beside an event loop
#
# `await rrm.asolve` does not block the loop: a heartbeat goes on while two problems are
# solved at the same time. Improvements arrive as plain dicts.

# %%
problem = compose(snapshot, report, UserAssociation)
known = rrm.solve(problem, 0.2).allocation
powers = compose(snapshot.replace(previous=known.cell), report, PowerControl)
events = []


async def heartbeat(beats: list[float]) -> None:
    """Note the time every 5 ms."""
    loop = asyncio.get_running_loop()
    while True:
        beats.append(loop.time())
        await asyncio.sleep(0.005)


async def both():
    """Solve two problems while the heart beats."""
    beats: list[float] = []
    heart = asyncio.create_task(heartbeat(beats))
    answers = await asyncio.gather(
        rrm.asolve(problem, 0.2, on_event=events.append), rrm.asolve(powers, 0.2)
    )
    heart.cancel()
    return answers, beats


# %%
(first, second), beats = await both()
print(first)
print(second)
print(f"{len(beats)} beats, {len(events)} events")
events[-1]

# %% [markdown]
# ## Budgets
#
# Seconds are end to end. `work` makes the answer repeat on any machine of the same
# packages; `gap` ends the search when the proof is good enough; cancelling a task
# returns.

# %%
for budget in (rrm.Budget(0.001), rrm.Budget(0.01), rrm.Budget(0.2, gap=0.02)):
    answer = rrm.solve(problem, budget)
    print(
        f"{1e3 * budget.seconds:5.0f} ms, gap {budget.gap:g}: took "
        f"{1e3 * answer.seconds:6.2f} ms, {answer.status}, gap {answer.gap:.2%}, "
        f"stopped by {answer.stopped}"
    )

# %%
steps = rrm.Budget(5.0, work=20)
same = [rrm.solve(problem, steps, "local_search", seed=1) for _ in range(2)]
assert np.array_equal(same[0].allocation.cell, same[1].allocation.cell)
print(same[0].stopped, same[0].work)

# %% [markdown]
# ## Before sending: what it does on the twin
#
# `replay` judges an allocation by the twin's gains, apart from the model of any
# problem.

# %%
before = rrm.replay(snapshot, snapshot.previous, snapshot.p_max)
after = rrm.replay(snapshot, first.allocation.cell, snapshot.p_max)
for name, found in (("before", before), ("after", after)):
    print(
        f"{name:7} median rate {np.median(found.rate) / 1e6:.2f} Mbit/s, 5% "
        f"{np.percentile(found.rate, 5) / 1e6:.2f} Mbit/s, fullest cell "
        f"{found.load.max():.0%}"
    )

# %% [markdown]
# ## The closed loop
#
# `rrm.Controller` measures, updates the twin, reads notes, composes, solves, confirms
# on the twin, sends, and looks whether it happened. Here the network is simulated, with
# a truth that the twin does not know.

# %%
from rrm.controller import Simulated
from twins.coupling import MapGain, Twins
from twins.network import SimulatedNetwork

coverage = twins.example_coverage()
network = SimulatedNetwork(snapshot, coverage)
controller = rrm.Controller(
    Twins(snapshot, MapGain(coverage, snapshot)),
    rrm,
    llm_bridge,
    deadline=2.0,
    network=Simulated(network),
    period=10.0,
)
controller.note("Keep M4B below 10 W until 20:00.", "operator/S. Lang")
for _ in range(3):
    network.step(10.0)
    turn = controller.turn()
    print(
        f"turn {turn.number}: {len(turn.sent)} directives sent, {turn.acknowledged} "
        f"acknowledged, {len(turn.without_effect)} without effect, "
        f"{1e3 * turn.seconds:.0f} ms, fallbacks: {list(turn.fallbacks) or 'none'}"
    )

# %% [markdown]
# The limit that the note asked for is what the network says is set:

# %%
cell = list(map(str, snapshot.cell_id)).index("M4B")
print(f"M4B sends {network.power[cell]:.3g} W")
assert network.power[cell] <= 10.0
controller.health()

# %% [markdown]
# Counters for Prometheus:

# %%
print("\n".join(controller.metrics.text().splitlines()[:12]))
