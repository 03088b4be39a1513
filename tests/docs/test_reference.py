"""Every public name is in the reference, and says what its arrays are."""

import dataclasses
import importlib
import inspect
import re
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "docs" / "extensions"))

public_names = importlib.import_module("public_names")
NAMES = [
    pytest.param(package, name, id=f"{package}.{name}")
    for package, names in public_names.packages()
    for name in names
]


@pytest.mark.parametrize(("package", "name"), NAMES)
def test_public_names_are_described(package, name):
    """Each has a docstring; arrays among arguments and fields have shapes in it."""
    thing = getattr(importlib.import_module(package), name)
    if not (inspect.isclass(thing) or callable(thing)):
        return
    text = inspect.getdoc(thing) or ""
    assert len(text) > 10
    for field in arrays_of(thing):
        assert re.search(entry_of(field), text), field


def arrays_of(thing) -> list[str]:
    """Names of arguments, or of fields of a dataclass, that are arrays."""
    if inspect.isclass(thing):
        if not dataclasses.is_dataclass(thing):
            return []
        hints = {f.name: f.type for f in dataclasses.fields(thing) if f.name[0] != "_"}
    else:
        hints = {
            name: one.annotation
            for name, one in inspect.signature(thing).parameters.items()
        }
    return [
        name
        for name, hint in hints.items()
        if hint is np.ndarray or str(hint).startswith("numpy.ndarray |")
    ]


def entry_of(field: str) -> str:
    """Pattern of an entry that gives the shape of ``field``, or where it is given."""
    return rf"\b{field}s?\b([^\n]*\n)?[^\n]*(\([\w.]+,[^\n)]*\)|in :class:)"


def test_names_are_those_that_type_checkers_export():
    """A package that exports by another way than ``X as X`` would hide its names."""
    listed = dict(public_names.packages())
    assert "solve" in listed["rrm"]
    assert "PowerControl" in listed["formulations"]
    for package, names in listed.items():
        found = importlib.import_module(package)
        later = set(getattr(found, "_LATER", {}))
        assert later <= set(names), package
        assert all(getattr(found, name) is not None for name in names)
