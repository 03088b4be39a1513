"""Page of the command line, from its own help."""

import inspect
import subprocess
import sys

import rrm.cli


def page() -> str:
    """Markdown of all commands with arguments, options and exit codes."""
    done = subprocess.run(
        [sys.executable, "-m", "typer", "rrm.cli", "utils", "docs", "--name", "rrm"],
        capture_output=True,
        text=True,
        check=True,
    )
    about = inspect.getdoc(rrm.cli) or ""
    commands = done.stdout.partition("\n")[2]
    return f"# Command line\n\n{about}\n{commands}"
