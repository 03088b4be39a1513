"""Fails where a built page would ask another machine for a script, style or picture.

``python docs/extensions/offline.py out/docs``
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

LOADED = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*?"
    r"\b(?:src|data|srcset)=[\"']?\s*(?:https?:)?//"
    r"|<link\b(?![^>]*rel=[\"']?(?:canonical|license))[^>]*\bhref=[\"']?(?:https?:)?//"
    r"|@import\s+(?:url\()?[\"']?(?:https?:)?//"
    r"|url\(\s*[\"']?(?:https?:)?//",
    re.IGNORECASE,
)
"""What a browser fetches by itself; links that a reader follows are no such thing."""


def requests_of(folder: Path) -> Iterator[str]:
    """Each place of a page or style in ``folder`` that names another machine."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".html", ".css", ".svg"}:
            for found in LOADED.finditer(path.read_text(errors="replace")):
                yield f"{path}: {found.group()}"


if __name__ == "__main__":
    places = list(requests_of(Path(sys.argv[1])))
    print("\n".join(places), file=sys.stderr, end="\n" if places else "")
    sys.exit(1 if places else 0)
