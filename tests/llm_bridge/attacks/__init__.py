"""Texts that try to get more than their author may ask: one file for each family.

How many of them were refused when they were new tells ``docs/context_reports.md``.
"""

from tests.llm_bridge.attacks import (
    device_names,
    fake_policy,
    ignore_previous,
    oversize,
    retrieved_documents,
    telemetry,
    unauthorised,
    unicode_signs,
)
from tests.llm_bridge.attacks.attack import Attack as Attack

ATTACKS: tuple[Attack, ...] = (
    *ignore_previous.ATTACKS,
    *fake_policy.ATTACKS,
    *device_names.ATTACKS,
    *retrieved_documents.ATTACKS,
    *unicode_signs.ATTACKS,
    *telemetry.ATTACKS,
    *oversize.ATTACKS,
    *unauthorised.ATTACKS,
)
"""All attacks, the same each time."""
