"""Names that the packages offer: those written ``X as X`` in their ``__init__``."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("rrm", "formulations", "twins", "llm_bridge")


def public_names(package: Path) -> list[str]:
    """Names that ``__init__.py`` of ``package`` exports, in alphabetic order.

    A name is exported by importing it as itself, as type checkers read it; ``__all__``
    is not used.
    """
    tree = ast.parse((package / "__init__.py").read_text())
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    }
    return sorted(names, key=lambda name: (name.lower(), name))


def packages() -> Iterator[tuple[str, list[str]]]:
    """Packages and what each exports; those that export nothing are left out."""
    for top in PACKAGES:
        for init in sorted((ROOT / top).rglob("__init__.py")):
            names = public_names(init.parent)
            if names:
                parts = init.parent.relative_to(ROOT).parts
                yield ".".join(parts), names
