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
# # Your own method, and benchmarking it
#
# A method is a function that offers allocations and asks whether time is out. The
# referee verifies what it offers, so that a method may be wrong without harm.

# %%
import matplotlib.pyplot as plt
import numpy as np

import rrm
from formulations import Power, PowerControl

rrm.warm_up(PowerControl)


def instance(seed: int, links: int = 30) -> PowerControl:
    """Links in a square of 1 km with distance-dependent gains and fading."""
    rng = np.random.default_rng(seed)
    sender = rng.uniform(0, 1000, (links, 2))
    receiver = sender + rng.normal(0, 40, (links, 2))
    away = np.linalg.norm(receiver[:, None] - sender[None], axis=2)
    fading = rng.exponential(size=away.shape)
    return PowerControl(
        gain=1e-4 * fading * np.maximum(away, 1.0) ** -3.7,
        noise=np.full(links, 4e-14),
        p_max=np.full(links, 0.2),
        bandwidth=10e6,
    )


# %% [markdown]
# ## The method
#
# All links send; then one after the other goes silent where that raises the sum. It
# registers itself, and `applies` says for whom it is.


# %%
def applies(problem: PowerControl) -> str | None:
    """Why the method does not fit ``problem``, or None if it does."""
    return None if problem.objective == "sum_rate" else "maximizes the sum rate"


@rrm.method(PowerControl, kind="heuristic", applies=applies)
def silence(problem: PowerControl, incumbent: rrm.Incumbent) -> None:
    """Silence one link at a time while the sum of rates rises."""
    power = problem.p_max.copy()
    best = problem.evaluate(Power(power))
    improved = True
    while improved:
        improved = False
        for link in np.flatnonzero(power):
            if incumbent.expired():
                return
            trial = power.copy()
            trial[link] = 0.0
            value = problem.evaluate(Power(trial))
            if value > best:
                best, power, improved = value, trial, True
                incumbent.offer(Power(power))


solution = rrm.solve(instance(0), budget=0.5, method="silence")
solution

# %% [markdown]
# ## A method that lies
#
# This one claims ten times the power that is allowed, and a bound without an argument.
# The referee says what it thought of both.


# %%
@rrm.method(PowerControl, kind="exact", proves="everything")
def boaster(problem: PowerControl, incumbent: rrm.Incumbent) -> None:
    """Offer too much and promise too much."""
    incumbent.offer(Power(10 * problem.p_max))
    incumbent.tighten(1.0, None)


bragged = rrm.solve(instance(0), budget=0.2, method="boaster")
print("status: ", bragged.status)
print("refused:", dict(bragged.certificate.refused))
print("claimed:", dict(bragged.certificate.claimed))
assert bragged.status == "feasible"

# %% [markdown]
# ## Side by side
#
# Ten instances, 50 ms each, against single methods and the selector's choice. The gap
# is to the best that any of them found.

# %%
names = ["silence", "wmmse", "greedy_activation", "auto"]
found = np.array(
    [
        [rrm.solve(problem, 0.05, method=name).objective for name in names]
        for problem in map(instance, range(10))
    ]
)
gap = 1 - found / found.max(axis=1, keepdims=True)
for name, column in zip(names, gap.T, strict=True):
    print(f"{name:18} mean gap {column.mean():7.3%}, worst {column.max():7.3%}")

# %% [markdown]
# Over time, on one instance:

# %%
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for name in names[:3]:
    trace = rrm.solve(instance(3), 0.1, method=name).trace
    seconds, values, _ = np.transpose(trace)
    axes.step(1e3 * seconds, values / 1e6, where="post", label=name)
axes.set(xscale="log", xlabel="ms since the call", ylabel="sum of rates, Mbit/s")
_ = axes.legend()

# %% [markdown]
# These are the machine's times of this build. `rrm bench run` compares methods with
# equal threads, alternating runs, verified answers and statistics that say when no
# difference can be seen. It takes methods from packages with an entry point:
# {doc}`/add_a_method` goes from there to a selector that chooses yours.
