"""The page: complete, from one file, sound in a browser; tables sorted as they say."""

import csv
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from benchmarks.judgement import references
from benchmarks.pictures import pictures
from benchmarks.report import write_report
from benchmarks.rows import RowFile, write_run
from benchmarks.runner import Options, plain
from benchmarks.tables import failure_table, method_tables, wrong_table
from tests.benchmarks.simulated import METHODS, simulated_row, simulated_rows

CHROMIUM = shutil.which("chromium")
STRANGE = '<script>console.error("escaped?")</script> & "quotes"'


@pytest.fixture
def folder(tmp_path) -> Path:
    """A run with a wrong answer, an error whose text is markup, and a lost process."""
    rows = simulated_rows(1)
    bad = simulated_row("outside/other", "family-0/bad", 0.2, None, "violated")
    bad["claimed"] |= {"status": "optimal", "objective": 7.0}
    bad["verified"] |= {"violates": "p_max", "violation": 0.5}
    rows.append(bad)
    rows.append(
        simulated_row("swift", "family-0/bad", 0.2, None, "nothing", error=STRANGE)
    )
    lost = simulated_row("steady", "family-0/bad", 9.0, None, "nothing", pace=None)
    rows.append({**lost, "error": "killed", "problem": "", "sense": 0})
    file = RowFile(tmp_path)
    for row in rows:
        file.append(row)
    file.close()
    machine = {
        "processor": "P",
        "cores": 2,
        "memory_gb": 8.0,
        "system": "S",
        "python": "3.11",
        "versions": {"numpy": "2"},
        "commit": "abc",
    }
    lane = {"warm_up": 1.5, "threads": {"cores": 1}}
    session = {"began": "b", "machine": machine, "lanes": {"rrm": lane}}
    options = plain(Options("simulated", ("auto",), (1.0,)))
    write_run(tmp_path, {"options": options, "plan": {}, "sessions": [session]})
    return tmp_path


class Page(HTMLParser):
    """Tags of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        """Note text."""
        self.text += data


def test_the_page_needs_nothing_else(folder):
    """No script, nothing from elsewhere; links lead to files beside it."""
    page = Page(write_report(folder).read_text())
    assert not [tag for tag, _ in page.tags if tag in ("script", "img", "iframe")]
    links = [
        value
        for tag, attributes in page.tags
        for name, value in attributes.items()
        if name in ("src", "href") and tag != "link"
    ]
    assert links
    for link in links:
        assert (folder / link).is_file()
    assert STRANGE in page.text
    assert "What this does not measure" in page.text


def test_every_picture_has_its_numbers_and_is_readable_without_colour(folder):
    """CSV and SVG beside the page; no two lines share both dashes and marker."""
    page = write_report(folder).read_text()
    names = re.findall(r'href="([\w-]+)\.csv"', page)
    assert len(names) == 3
    for name in names:
        lines = list(csv.DictReader((folder / f"{name}.csv").read_text().splitlines()))
        assert {line["line"] for line in lines} >= set(METHODS)
        svg = (folder / f"{name}.svg").read_text()
        assert svg in page
        legend = re.findall(
            r'stroke-dasharray="([^"]*)"/>(<(?:path|circle)[^>]*>)<text', svg
        )
        looks = {
            (dash, re.sub(r'[\d.]+ [\d.]+|c[xy]="[^"]*"|#\w+', "", mark))
            for dash, mark in legend
        }
        assert len(legend) == len(looks) == len(METHODS)


def test_a_profile_shows_who_is_fastest():
    """The swift method leads on all runs, the slowest never does."""
    rows = simulated_rows(1)
    found = {one.name: one for one in pictures(rows, references(rows))}
    points = list(csv.DictReader(found["profile-PowerControl"].csv.splitlines()))
    first = {p["line"]: float(p["share"]) for p in points if float(p["ratio"]) == 1.0}
    assert first["swift"] == 1.0
    assert first["outside/other"] < 0.5


def test_tables_are_sorted_by_what_they_say():
    """Most within the target first, then the fastest."""
    rows = simulated_rows(1)
    (table,) = method_tables(rows, references(rows))
    order = [(-int(row[1].split("/")[0]), row[0]) for row in table.rows]
    assert [count for count, _ in order] == sorted(count for count, _ in order)
    assert [row[0] for row in table.rows] == list(METHODS)
    assert "better" in table.note


def test_failures_say_how_to_repeat_them(folder):
    """Wrong answers first, then errors; each with its command."""
    from benchmarks.report import load_run

    _, rows = load_run(folder)
    known = references(rows)
    table = failure_table(rows, known)
    assert table.rows[0][0] == "outside/other"
    assert "violates p_max by 0.5" in table.rows[0][3]
    assert {row[0] for row in table.rows[1:3]} == {"swift", "steady"}
    assert all(row[-1].startswith("rrm bench one ") for row in table.rows)
    wrong = wrong_table(rows, known)
    assert wrong.rows[0][:3] == ["outside/other", "1", "1"]
    assert [row[1] for row in wrong.rows[1:]] == ["0", "0", "0"]


def opened(path: Path, shot: Path) -> str:
    """What a headless browser says about a page, which it also draws."""
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            CHROMIUM,
            *("--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"),
            *("--virtual-time-budget=2000", "--window-size=1100,2400"),
            f"--user-data-dir={shot.parent / 'profile'}",
            f"--screenshot={shot}",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stderr


@pytest.mark.chromium
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")
def test_a_browser_has_nothing_to_say(folder, tmp_path):
    """No message on the console; a page with one shows that it would be seen."""
    said = opened(write_report(folder), tmp_path / "page.png")
    assert "CONSOLE" not in said
    assert (tmp_path / "page.png").stat().st_size > 10_000
    noisy = tmp_path / "noisy.html"
    noisy.write_text("<script>console.error('seen')</script>")
    assert "CONSOLE" in opened(noisy, tmp_path / "noisy.png")
