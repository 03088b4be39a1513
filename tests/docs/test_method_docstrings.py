"""Every method says what it costs and where it comes from."""

import inspect

import pytest

from rrm.registry import all_methods

METHODS = [entry for entry in all_methods() if entry.is_own]


@pytest.mark.parametrize(
    "entry", METHODS, ids=lambda entry: f"{entry.problem.__name__}.{entry.name}"
)
def test_complexity_and_literature(entry):
    """A sentence on complexity, and a reference for all but the starts of problems."""
    text = inspect.getdoc(entry.function) or ""
    assert "Complexity: " in text
    assert "exponential" in text or "O(" in text or "factors" in text
    if entry.name != "trivial":
        assert ".. [1] " in text
        assert "[1]_" in text


@pytest.mark.parametrize("entry", METHODS, ids=lambda entry: entry.function.__module__)
def test_what_can_be_exact_says_what_it_proves(entry):
    """Methods that give bounds say of what kind."""
    if entry.kind in ("exact", "decomposition"):
        assert entry.proves
