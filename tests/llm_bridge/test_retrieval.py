"""Notes are found by the questions that were written for them."""

import numpy as np
import pytest

from llm_bridge.embeddings import Embeddings, installed
from llm_bridge.retrieval import KnowledgeBase, Note, knowledge, recall, rows, stems

NOTES = (Note("a", "s", "rain attenuation"), Note("b", "s", "radar"))
needs_matrix = pytest.mark.skipif(installed() is None, reason="no wordllama installed")


def tiny() -> Embeddings:
    """Two directions: weather and ships; ``ra`` and ``in`` merge."""
    tokens = {"\u2581": 0, "rain": 1, "ship": 2, "<0x72>": 3, "w": 4, "et": 5}
    rows = np.zeros((6, 2), dtype=np.float16)
    rows[[1, 5]], rows[[2, 3]] = (1, 0), (0, 1)
    merges = [("r", "a"), ("i", "n"), ("ra", "in"), ("e", "t"), ("s", "h"),
              ("sh", "i"), ("shi", "p")]  # fmt: skip
    return Embeddings(rows, tokens, merges)


@pytest.mark.parametrize("by", ["words", "both"])
def test_recall_of_the_written_questions(by):
    """At least 60 questions; nine of ten have their note among the first five."""
    assert len(rows("questions")) >= 60
    assert recall(5, by) >= 0.95
    assert recall(1, by) >= 0.8


@pytest.mark.embedded
@needs_matrix
def test_other_words_are_found_by_meaning():
    """Paraphrases share few words with their notes: embeddings find most of them."""
    assert len(rows("paraphrases")) >= 40
    words, both = (recall(5, by, "paraphrases") for by in ("words", "both"))
    assert both >= 0.75
    assert both >= words + 0.2


def test_notes_have_sources_and_names():
    """Each note says where it comes from, under its own name."""
    notes = knowledge().notes
    assert len({note.id for note in notes}) == len(notes)
    assert all(note.source and len(note.text) < 400 for note in notes)


def test_nothing_is_found_for_nothing():
    """Unknown and empty words find no note."""
    base = KnowledgeBase(NOTES)
    assert base.best("the of") == []
    assert base.best("zebra") == []
    assert base.best("rainy radars and radar")[0].id == "b"


def test_meaning_finds_what_shares_no_word():
    """``wet`` shares no stem with ``rain`` but lies in its direction."""
    assert KnowledgeBase(NOTES).best("wet") == []
    assert [note.id for note in KnowledgeBase(NOTES, tiny()).best("wet")] == ["a"]
    assert KnowledgeBase(NOTES, tiny()).best("zzz") == []


def test_pairs_of_the_lowest_rank_merge_first():
    """``rain`` becomes one token, unknown letters become bytes; means have length 1."""
    vectors = tiny().vectors(["rain", "rain ship", "r", "", "q"])
    np.testing.assert_allclose(vectors[0], (1, 0), atol=1e-6)
    np.testing.assert_allclose(vectors[1], (0.5**0.5, 0.5**0.5), atol=1e-6)
    np.testing.assert_allclose(vectors[2], (0, 1), atol=1e-6)
    assert not vectors[3:].any()


def test_endings_do_not_matter():
    """Plural and verb forms share a stem."""
    assert stems("cells cell") == ["cell", "cell"]
    assert len(set(stems("handover handovers"))) == 1
    assert stems("") == []
