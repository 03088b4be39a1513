"""What sentences cost in a decision of the loop."""

from dataclasses import replace

import numpy as np
import pytest

import llm_bridge
import rrm
import twins
from rrm.controller.decision import Question, answered, composed, searched
from rrm.controller.pricing import Pricing, priced
from rrm.controller.rehearsal import rehearse
from rrm.directives import sentence


@pytest.fixture(scope="module")
def decided():
    """Question and answer on Munich, with five sentences, ended by work."""
    rehearse()
    snapshot, report = twins.example(), llm_bridge.example()
    question = Question("x", snapshot, report, snapshot.p_max, seconds=60.0)
    return question, answered(question, composed(question), rrm)


def test_prices_are_those_of_the_same_searches(decided):
    """Objective of the whole decision without a sentence, less the one with it."""
    question, answer = decided
    prices = priced(question, answer, rrm)
    assert set(prices) == {"association", "powers"}
    said = {sentence(item) for item in question.report.items}
    assert said >= set(prices["association"]) | set(prices["powers"])
    for kind in ("traffic_surge", "maintenance"):
        item = next(one for one in question.report.items if str(one.kind) == kind)
        others = tuple(one for one in question.report.items if one is not item)
        report = question.report.model_copy(update={"items": others})
        without = replace(question, report=report)
        other = answered(without, composed(without), rrm)
        price = prices["association"][sentence(item)].price
        expected = other.association.objective - answer.association.objective
        assert price == pytest.approx(expected)


def test_a_surge_costs_what_others_lose(decided):
    """Its own weight counts for neither answer: a larger objective is no gain."""
    question, answer = decided
    item = next(one for one in question.report.items if one.kind == "traffic_surge")
    others = tuple(one for one in question.report.items if one is not item)
    report = question.report.model_copy(update={"items": others})
    other = searched(replace(question, report=report), answer.itself, rrm, [])
    assert not np.array_equal(other.problem.weight, answer.powers.problem.weight)
    price = priced(question, answer, rrm)["powers"][sentence(item)].price
    power, weight = answer.powers.allocation.power, other.problem.weight
    served = weight @ np.log(answer.powers.problem.rate(power))
    assert price == pytest.approx(other.objective - served)
    assert price > -0.01 * abs(other.objective)


def test_prices_come_in_the_background(decided):
    """Once for the same sentences; nothing without any."""
    question, answer = decided
    pricing = Pricing(rrm)
    pricing.start(replace(question, report=None), answer)
    pricing.wait(60.0)
    assert not pricing.prices
    pricing.start(question, answer)
    pricing.wait(60.0)
    first = pricing.prices
    assert first
    pricing.start(question, answer)
    pricing.wait(60.0)
    assert pricing.prices is first
