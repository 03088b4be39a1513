"""Notes are found by the questions that were written for them."""

from llm_bridge.retrieval import KnowledgeBase, Note, knowledge, recall, stems


def test_recall_of_the_written_questions():
    """At least 60 questions; nine of ten have their note among the first five."""
    assert recall(5) >= 0.95
    assert recall(1) >= 0.8


def test_notes_have_sources_and_names():
    """Each note says where it comes from, under its own name."""
    notes = knowledge().notes
    assert len({note.id for note in notes}) == len(notes)
    assert all(note.source and len(note.text) < 400 for note in notes)


def test_nothing_is_found_for_nothing():
    """Unknown and empty words find no note."""
    base = KnowledgeBase([Note("a", "s", "rain attenuation"), Note("b", "s", "radar")])
    assert base.best("the of") == []
    assert base.best("zebra") == []
    assert base.best("rainy radars and radar")[0].id == "b"


def test_endings_do_not_matter():
    """Plural and verb forms share a stem."""
    assert stems("cells cell") == ["cell", "cell"]
    assert len(set(stems("handover handovers"))) == 1
    assert stems("") == []
