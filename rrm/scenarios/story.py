"""What came of a story under each way to steer: numbers, a table, and a picture."""

import html
import math
from dataclasses import dataclass, field

WAYS = ("static", "without context", "wrong report", "context", "oracle")
"""Fixed settings; twins that read no text; a wrong report that no guard has refused;
the report of the text; and who knows the truth."""
COLOURS = ("#999999", "#56b4e9", "#d55e00", "#009e73", "#0072b2")


@dataclass(frozen=True)
class Story:
    """Indicators by way.

    Attributes
    ----------
    title, text : str
        What it is about, and the words that the context comes from.
    indicators : tuple of (name, unit)
        In the order of the columns.
    values : dict
        By way, one value for each indicator; inf for what never comes.
    refused : str
        Why the guard refuses the wrong report.
    others : dict
        Further ways to compare with, as ``values``.
    """

    title: str
    text: str
    indicators: tuple[tuple[str, str], ...]
    values: dict[str, tuple[float, ...]]
    refused: str = ""
    others: dict[str, tuple[float, ...]] = field(default_factory=dict)

    def value(self, way: str, indicator: str) -> float:
        """Value of an indicator."""
        names = [name for name, _ in self.indicators]
        return self.values[way][names.index(indicator)]

    def picture(self) -> str:
        """Bars (SVG): a group for each indicator, relative to its highest value."""
        width, height, left = 180 * len(self.indicators) + 150, 230, 16
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'font-family="sans-serif" font-size="11" role="img" '
            f'aria-label="{html.escape(self.title)}">',
            f'<text x="{left}" y="16" font-size="13">{html.escape(self.title)}</text>',
        ]
        for place, (name, unit) in enumerate(self.indicators):
            x0 = left + 180 * place
            column = [self.values[way][place] for way in WAYS]
            top = max([1e-300, *(value for value in column if value < math.inf)])
            for n, value in enumerate(column):
                tall = 130 * value / top if value < math.inf else 0.0
                x = x0 + 30 * n
                parts.append(
                    f'<rect x="{x}" y="{180 - tall:.1f}" width="24" '
                    f'height="{tall:.1f}" fill="{COLOURS[n]}"/>'
                    f'<text x="{x + 12}" y="{176 - tall:.1f}" text-anchor="middle" '
                    f'font-size="9">{_shown(value, 3)}</text>'
                )
            label = html.escape(f"{name}, {unit}" if unit else name)
            parts.append(f'<text x="{x0}" y="198">{label}</text>')
        for n, way in enumerate(WAYS):
            y = 44 + 18 * n
            x = width - 130
            parts.append(
                f'<rect x="{x}" y="{y}" width="11" height="11" fill="{COLOURS[n]}"/>'
                f'<text x="{x + 16}" y="{y + 10}">{way}</text>'
            )
        return "\n".join([*parts, "</svg>", ""])


def _shown(value: float, digits: int) -> str:
    """Value with some digits, or that it never comes."""
    return f"{value:.{digits}g}" if value < math.inf else "never"


def told(story: Story) -> str:
    """Table of a story as text."""
    names = [f"{name}, {unit}" if unit else name for name, unit in story.indicators]
    lines = [story.title, f'  "{story.text}"', ""]
    wide = 2 + max(28, *map(len, names))
    lines.append(f"{'':18}" + "".join(f"{name:>{wide}}" for name in names))
    rows = {way: story.values[way] for way in WAYS} | story.others
    for way, row in rows.items():
        lines.append(
            f"{way:18}" + "".join(f"{_shown(value, 4):>{wide}}" for value in row)
        )
    if story.refused:
        lines.append(f"the guard refuses the wrong report: {story.refused}")
    return "\n".join([*lines, ""])
