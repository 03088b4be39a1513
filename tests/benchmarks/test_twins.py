"""The table of what the twins reach."""

import numpy as np
import pytest

from benchmarks.twins import main
from benchmarks.twins_run import Trace


@pytest.mark.parametrize("minutes", ["1", "5", "0", "-3", "nan", "inf"])
def test_a_run_without_a_decision_is_refused(minutes, capsys):
    """It has no SINR to judge; the message says how long it must be."""
    with pytest.raises(SystemExit) as caught:
        main(["--minutes", minutes])
    assert caught.value.code == 2
    assert "--minutes must be above 5" in capsys.readouterr().err


def test_no_decision_is_no_figure():
    """As where each report on the way to one was lost."""
    assert np.isnan(Trace().sinr_median())
