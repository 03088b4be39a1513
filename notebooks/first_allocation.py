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
# # First allocation in five minutes
#
# A problem is a frozen record of arrays, `rrm.solve` answers within a budget, and the
# answer brings its proof. This page solves one small problem and one of real size.

# %%
import matplotlib.pyplot as plt
import numpy as np

import rrm
import twins
from formulations import PowerControl, UserAssociation, compose
from llm_bridge import example as example_report

# %% [markdown]
# ## Three links
#
# `gain[i, j]` is the linear path gain from transmitter `j` to receiver `i`. Everything
# is SI: watts, hertz, bit/s. A receiver of somebody else must not hear more than 50 fW.

# %%
problem = PowerControl(
    gain=1e-13 * np.array([[80.0, 2.0, 1.0], [4.0, 60.0, 3.0], [1.0, 5.0, 90.0]]),
    noise=np.full(3, 1e-14),
    p_max=np.full(3, 2.0),
    bandwidth=10e6,
    objective="max_min_rate",
    protected_gain=[[1e-14, 3e-14, 2e-14]],
    protected_limit=[5e-14],
)
problem

# %% [markdown]
# Kernels are loaded once, outside of any budget; then a call takes what it is given,
# end to end, or less.

# %%
rrm.warm_up(PowerControl, UserAssociation)
solution = rrm.solve(problem, budget=0.1)
solution

# %% [markdown]
# `optimal` is not a solver's word. The referee has evaluated the powers from the arrays
# of the problem, and the bound comes with an argument that anybody can evaluate again:

# %%
proof = solution.certificate.proof
print("argument:     ", type(proof).__name__)
print("recomputed:   ", proof.bound(problem), "bit/s")
print("objective:    ", problem.evaluate(solution.allocation), "bit/s")
print("violations:   ", problem.violations(solution.allocation))
assert proof.bound(problem) == solution.bound

# %% [markdown]
# ## Munich
#
# `twins.example()` is a snapshot of 21 cells on seven roofs and 200 users, ray traced.
# What an operator said about it is a context report. `compose` makes a problem of both.

# %%
snapshot, report = twins.example(), example_report()
association = compose(snapshot, report, UserAssociation)
answer = rrm.solve(association, budget=0.5)
answer

# %% [markdown]
# Which methods there were, and why others did not fit:

# %%
for one in rrm.applicable(association):
    print(f"{one.name:16} {one.kind:14} {one.reason or 'applies: ' + one.proves}")

# %% [markdown]
# What was tried, for how long, and why:

# %%
for step in answer.plan[:-1]:
    print(f"{step['method']:16} {1e3 * step['seconds']:7.1f} ms  {step['why']}")

# %% [markdown]
# Lines lead from users to their cells; the diamond is a receiver to protect.

# %%
from rrm.maps import plot_association, plot_coverage

figure, axes = plt.subplots(figsize=(9, 6.5), layout="constrained")
plot_coverage(twins.example_coverage(), snapshot.p_max, axes)
_ = plot_association(snapshot, answer.allocation.cell, axes)

# %% [markdown]
# The answer to a wrong question names the field, the place, and what is allowed:

# %%
try:
    problem.replace(noise=[1e-14, np.nan, 1e-14])
except rrm.FieldError as error:
    print(error)
