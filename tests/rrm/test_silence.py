"""Nothing on file descriptors 1 and 2, no prompt, no exit, with stdin closed."""

import os
import subprocess
import sys

import pytest

CODE = """
import os, sys, asyncio
os.close(0)
import rrm
from formulations import PowerControl, UserAssociation
from rrm.planning import place_of
from rrm.registry import methods_for
rrm.warm_up()
for kind in (PowerControl, UserAssociation):
    for problem in kind.examples():
        for one in methods_for(kind):
            if one.reason_against(problem) is None:
                seconds = 0.05 if place_of(one) == "inline" else 0.3
                rrm.solve(problem, seconds, method=one.name)
        rrm.solve(problem, 0.05)
async def inside():
    rrm.solve(PowerControl.example(), 0.05)
asyncio.run(inside())
os.write(int(sys.argv[1]), b"done")
"""


@pytest.mark.slow
def test_every_method_is_silent():
    """Import, warm-up and all methods leave both descriptors empty."""
    reader, writer = os.pipe()
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", CODE, str(writer)],
        capture_output=True,
        pass_fds=[writer],
        timeout=300,
        check=False,
    )
    os.close(writer)
    said = os.read(reader, 10)
    os.close(reader)
    assert done.stdout == b""
    assert done.stderr == b""
    assert said == b"done"
    assert done.returncode == 0
