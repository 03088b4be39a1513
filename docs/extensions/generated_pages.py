"""Pages that are made at each build from code and from stored results."""

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import command_page
import method_choices
from public_names import packages
from sphinx.application import Sphinx

from rrm.registry import Method, all_methods

MODULES = (
    "rrm.tradeoffs.axis",
    "rrm.price_sheet",
    "rrm.prices",
    "rrm.directives",
    "rrm.conflicts",
    "rrm.scheduling",
    "rrm.radar",
    "rrm.joint",
    "rrm.placement.report",
    "rrm.drawing",
    "rrm.maps",
    "rrm.spectrum_plots",
    "rrm.picture",
    "rrm.page",
)
"""Modules that pages and notebooks use beside what packages export."""


def heading(text: str, line: str = "=") -> str:
    """Headline in reStructuredText."""
    return f"{text}\n{line * len(text)}\n"


def reference() -> str:
    """Page that lists the packages and modules, a page for each below."""
    names = [package for package, _ in packages()]
    pages = "\n".join(f"   names_{name}" for name in (*names, *MODULES))
    return (
        heading("Names")
        + "\nWhat the packages export, and the modules that pages and notebooks use. "
        "The type of an array is its shape, by the index letters of its class, and its "
        "unit.\n\n"
        f".. toctree::\n   :maxdepth: 1\n\n{pages}\n"
    )


def names_of(package: str, names: list[str], shown: set[int]) -> str:
    """Page of what a package exports: a table, then all of it.

    ``shown`` has the identities of what other pages describe, and grows.
    """
    found = importlib.import_module(package)
    rows = "\n".join(f"   {package}.{name}" for name in names)
    parts = [heading(package), inspect.getdoc(found) or ""]
    parts.append(f".. autosummary::\n   :nosignatures:\n\n{rows}\n")
    for name in names:
        thing = getattr(found, name)
        parts.append(_entry(f"{package}.{name}", thing, id(thing) in shown))
        shown.add(id(thing))
    return "\n\n".join(parts)


def _entry(name: str, thing: object, is_shown: bool) -> str:
    kind = "class" if inspect.isclass(thing) else "data"
    if kind == "data" and callable(thing):
        kind = "function"
    options = ["   :members:", "   :show-inheritance:"] if kind == "class" else []
    if is_shown:
        options = ["   :no-index:"]
    return "\n".join([f".. auto{kind}:: {name}", *options, ""])


def module(name: str) -> str:
    """Page of all public names of a module."""
    return f"{heading(name)}\n.. automodule:: {name}\n   :members:\n"


def catalogue() -> str:
    """Page that lists the methods of each problem, a page for each problem below."""
    problems = sorted({entry.problem.__name__ for entry in _shipped()})
    pages = "\n".join(f"   methods_{name}" for name in problems)
    return (
        heading("Catalogue of methods")
        + "\nWhat each method does, proves and costs, and where it comes from. Index "
        "letters are those of the problem: L links, U users, B cells, N blocks, V "
        "transmitters, S sites, M receivers.\n\n"
        f".. toctree::\n   :maxdepth: 2\n\n{pages}\n"
    )


def methods_of(problem: str) -> str:
    """Page of the methods of one problem, from their docstrings."""
    parts = [heading(problem)]
    for entry in _shipped():
        if entry.problem.__name__ == problem:
            parts += [heading(entry.name, "-"), _method(entry)]
    return "\n".join(parts)


def _method(entry: Method) -> str:
    place = "in a worker process" if entry.isolated else "in the caller's process"
    proves = f"Proves {entry.proves}." if entry.proves else "Proves nothing by itself."
    where = f"{entry.function.__module__}.{entry.name}"
    return (
        f"*{entry.kind.capitalize()}*, runs {place}, rank {entry.rank}. {proves}\n\n"
        f".. autofunction:: {where}\n"
    )


def _shipped() -> Iterator[Method]:
    return (entry for entry in all_methods() if entry.is_own)


def contents() -> dict[str, str]:
    """Text of each generated page by its file name."""
    found = {
        "reference.rst": reference(),
        "catalogue.rst": catalogue(),
        "which_method.md": method_choices.page(),
        "command_line.md": command_page.page(),
    }
    shown: set[int] = set()
    for package, names in packages():
        found[f"names_{package}.rst"] = names_of(package, names, shown)
    for name in MODULES:
        found[f"names_{name}.rst"] = module(name)
    for entry in _shipped():
        name = entry.problem.__name__
        found[f"methods_{name}.rst"] = methods_of(name)
    return found


def write_pages(app: Sphinx) -> None:
    """Write what has changed; pages that are the same keep their time."""
    folder = Path(app.srcdir) / "generated"
    folder.mkdir(exist_ok=True)
    pages = contents()
    for path in folder.iterdir():
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the pages before anything looks for them."""
    app.connect("builder-inited", write_pages, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
