"""House rules that a tool can hold."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("rrm", "formulations", "twins", "llm_bridge", "benchmarks")
FILES = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]
METHOD_FILES = [
    path for path in FILES if path.parts[-3] == "methods" and path.stem != "__init__"
]
LONGEST = 400
VAGUE = {"utils", "helpers", "common", "misc", "base", "manager"}


def name_of(path: Path) -> str:
    """Path below the root, for test ids."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_are_short_and_named_after_one_idea(path):
    """Under about 400 lines, and no drawer for anything."""
    assert len(path.read_text().splitlines()) <= LONGEST
    assert path.stem not in VAGUE


@pytest.mark.parametrize("path", METHOD_FILES, ids=name_of)
def test_one_method_a_file_named_after_it(path):
    """The file of a method is found by the method's name."""
    functions = [
        node.name
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
        and any("method(" in ast.unparse(one) for one in node.decorator_list)
    ]
    assert functions == [path.stem]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_public_names_have_docstrings(path):
    """Every public function, class and method outside tests says what it is."""
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    kinds = (ast.FunctionDef, ast.ClassDef)
    for node in tree.body:
        if isinstance(node, kinds) and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name


def test_no_index_addresses_or_machine_paths():
    """What is committed installs from any index, on any machine."""
    for name in ("constraints.txt", "pyproject.toml", "Makefile"):
        text = (ROOT / name).read_text()
        assert "index-url" not in text
        assert "/simple" not in text
        assert "file:" not in text
