"""Pages that ask other machines for anything are found."""

import importlib
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "docs" / "extensions"))
offline = importlib.import_module("offline")


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("a.html", '<script defer src="https://cdn.example/x.js"></script>', 1),
        ("a.html", '<script src="_static/x.js"></script>', 0),
        ("a.html", '<link rel="stylesheet" href="//fonts.example/f.css">', 1),
        ("a.html", '<link rel="canonical" href="https://rrm.example/a.html">', 0),
        ("a.html", '<img alt="a" src="http://example/a.png">', 1),
        ("a.html", '<a href="https://doi.org/10.1109/49.414651">paper</a>', 0),
        ("a.html", '<svg xmlns="http://www.w3.org/2000/svg"></svg>', 0),
        ("a.css", "@font-face { src: url('https://fonts.example/f.woff') }", 1),
        ("a.css", "@import url(https://fonts.example/f.css);", 1),
        ("a.css", "p { background: url(a.png) }", 0),
    ],
)
def test_what_a_browser_would_fetch(tmp_path, name, text, count):
    """Scripts, styles, pictures and fonts count, links do not."""
    (tmp_path / name).write_text(text)
    assert len(list(offline.requests_of(tmp_path))) == count
