"""Print a story, and draw it."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from rrm.scenarios import NAMES, told


def main(arguments: list[str] | None = None) -> None:
    """Tell the stories that are named, or all."""
    parser = argparse.ArgumentParser(prog="rrm.scenarios", description=__doc__)
    parser.add_argument("name", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--svg", type=Path, help="folder for the pictures")
    chosen = parser.parse_args(arguments)
    for name in chosen.name or NAMES:
        if name not in NAMES:
            parser.error(f"{name!r} is none of {', '.join(NAMES)}")
        story = import_module(f"rrm.scenarios.{name}").tell(chosen.seed)
        sys.stdout.write(told(story) + "\n")
        if chosen.svg is not None:
            picture = story.picture()
            (chosen.svg / f"scenario_{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
