"""Shared by all tests: in CI a skip must say what is missing, by its marker."""

import os
import signal

import pytest

EXPLAINED = {"raytracing", "shared_instances", "chromium", "embedded"}


def pytest_configure():
    """Take Ctrl-C, also where who started the tests in the background ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skip into a failure in CI, unless a marker says what it needs."""
    report = yield
    explained = EXPLAINED & {mark.name for mark in item.iter_markers()}
    if report.skipped and os.environ.get("CI") and not explained:
        report.outcome = "failed"
        report.longrepr = f"skipped in CI without a marker: {report.longrepr}"
    return report
