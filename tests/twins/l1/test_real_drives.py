"""The real drives, where they are beside the checkout."""

import json
from pathlib import Path

import pandas as pd
import pytest

import twins
from twins.l1.evaluate import main as radio
from twins.l2.evaluate import main as traffic

FILE = "data/ucc5g/drives.csv.gz"
BESIDE = Path(twins.__file__).parents[2] / "shared" / FILE

pytestmark = [
    pytest.mark.shared_instances,
    pytest.mark.slow,
    pytest.mark.skipif(not BESIDE.exists(), reason=f"no ../shared/{FILE}"),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Every sixth drive to predict, the others to learn from."""
    frame = pd.read_csv(BESIDE)
    names = [str(tmp_path_factory.mktemp("drives") / name) for name in "ab"]
    held = frame["drive"] % 6 == 4
    frame[~held].to_csv(names[0], index=False)
    frame[held].to_csv(names[1], index=False)
    return ["--train", names[0], "--test", names[1]]


def test_radio_is_predicted_within_the_bars(files, capsys):
    """RMSE 5.5 dB on this split, 4.5 dB ahead; path loss alone 8 dB."""
    assert radio(files) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["rmse_db"] < 6.0
    assert result["rmse_ahead_10s_db"] < 5.0
    assert 0.87 <= result["coverage_90"] <= 0.93
    assert result["path_loss_rmse_db"] > result["rmse_db"] + 1.5


def test_traffic_is_foreseen_better_than_by_its_baselines(files, capsys):
    """54% of next cells, where the chain has 36% and persistence 38%."""
    assert traffic(files) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["next_cell_margin"] > 0.1
    assert result["rate_margin"] > 0.05
