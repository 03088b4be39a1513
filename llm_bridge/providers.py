"""Language models behind any OpenAI-compatible address, with budgets and a cache."""

import logging
import os
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from llm_bridge.bounded_call import in_time
from llm_bridge.prompts import Prompt

_LOG = logging.getLogger(__name__)
ADDRESS, KEY, MODEL = "OPENAI_BASE_URL", "OPENAI_API_KEY", "RRM_LLM_MODEL"
"""Environment variables of the provider ``openai``; the key is never logged."""
CHARACTERS_PER_TOKEN = 16
"""More than any token has; an answer that is longer is none."""
NOBODY = "ConnectError"
"""Error of the client's transport, which is ``httpx`` or a successor of it."""


class Model(Protocol):
    """What reads beside the grammar."""

    @property
    def name(self) -> str:
        """Name that stands in refusals."""
        ...

    def answer(self, prompt: Prompt, seconds: float) -> str | None:
        """Answer within a time, or None if there is none."""
        ...


def checked(model: Any) -> Model:
    """``model``, if it is one.

    Raises
    ------
    ValueError
        If it has no name or nothing to answer with.
    """
    name, answer = getattr(model, "name", None), getattr(model, "answer", None)
    if not isinstance(name, str) or not callable(answer):
        allowed = "a name of a provider, or an object with name and answer"
        raise ValueError(f"provider = {model!r}: must be {allowed}")
    return model


def answer_in_time(model: Model, prompt: Prompt, seconds: float) -> str | None:
    """Answer of any model; None if it fails, is late or answers with no text."""
    if seconds <= 0:
        return None
    try:
        found = in_time(lambda: model.answer(prompt, seconds), seconds)
    except Exception as error:  # of a model that somebody else wrote
        _LOG.warning("%s gave no answer: %s", model.name, type(error).__name__)
        return None
    return found if isinstance(found, str) else None


@dataclass
class Endpoint:
    """A model at an OpenAI-compatible address.

    Parameters
    ----------
    base_url : str
        Such as ``http://127.0.0.1:8080/v1``.
    model : str
        As the server calls it.
    key : str
        Secret of the server; not shown.
    attempts : int
        Tries for an answer while there is time.
    reply_tokens : int
        Longest answer.
    tokens : int
        Budget of prompts and answers together; then there are no more answers. What a
        server does not count, or fails to answer, costs what it may have cost.
    kept : int
        Answers in the cache.
    name : str
        Name that stands in refusals.
    """

    base_url: str
    model: str = "default"
    key: str = field(default="none", repr=False)
    attempts: int = 2
    reply_tokens: int = 48
    tokens: int = 200_000
    kept: int = 1024
    name: str = "openai"
    used: int = field(default=0, init=False)
    _answers: OrderedDict[str, str] = field(
        default_factory=OrderedDict, init=False, repr=False
    )
    _client: Any = field(default=None, init=False, repr=False)

    def answer(self, prompt: Prompt, seconds: float) -> str | None:
        """Answer within ``seconds``; None on errors, late answers, and no budget."""
        key = prompt.key()
        if key in self._answers:
            self._answers.move_to_end(key)
            return self._answers[key]
        if seconds <= 0 or not self._affords(prompt):
            return None
        try:
            found = in_time(lambda: self._asked(prompt, seconds), seconds)
        except Exception as error:  # of the client, the network or the server
            _LOG.warning("%s gave no answer: %s", self.name, type(error).__name__)
            if isinstance(error, TimeoutError) and self._client is not None:
                self._client.close()  # ends the thread that still reads from it
                self._client = None
            return None
        longest = CHARACTERS_PER_TOKEN * self.reply_tokens
        if not isinstance(found, str) or len(found) > longest:
            return None
        self._answers[key] = found
        if len(self._answers) > self.kept:
            self._answers.popitem(last=False)
        return found

    def _affords(self, prompt: Prompt) -> bool:
        return self.used + prompt.tokens + self.reply_tokens <= self.tokens

    def _asked(self, prompt: Prompt, seconds: float) -> Any:
        import openai
        import stamina

        if self._client is None:
            self._client = openai.OpenAI(
                base_url=self.base_url, api_key=self.key, max_retries=0
            )
        client = self._client
        end = time.monotonic() + seconds
        passing = (openai.APIConnectionError, openai.InternalServerError)
        for attempt in stamina.retry_context(
            on=passing, attempts=self.attempts, timeout=seconds, wait_initial=0.05
        ):
            with attempt:
                if not self._affords(prompt):
                    return None
                return self._sent(client, prompt, end - time.monotonic())
        return None

    def _sent(self, client: Any, prompt: Prompt, seconds: float) -> Any:
        """Content of one reply; the budget pays for it before it comes."""
        import openai

        most = prompt.tokens + self.reply_tokens
        self.used += most
        try:
            reply = client.chat.completions.create(
                model=self.model,
                messages=[
                    {"role": "system", "content": prompt.system},
                    {"role": "user", "content": prompt.user},
                ],
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "item", "schema": prompt.schema},
                },
                temperature=0.0,
                max_tokens=self.reply_tokens,
                timeout=max(seconds, 0.01),
            )
        except openai.APIConnectionError as error:
            if type(error.__cause__).__name__ == NOBODY:
                self.used -= most
            raise
        counted = getattr(reply.usage, "total_tokens", None)
        if isinstance(counted, int) and counted > 0:
            self.used += counted - most
        return reply.choices[0].message.content


def endpoint_from_environment() -> Endpoint:
    """Endpoint that the environment names.

    Raises
    ------
    ValueError
        If it names none.
    """
    address = os.environ.get(ADDRESS)
    if not address:
        raise ValueError(
            f"provider = 'openai': set {ADDRESS}, and {KEY} if it needs one"
        )
    return _endpoint(
        address, os.environ.get(MODEL, "default"), os.environ.get(KEY) or "none"
    )


@cache
def _endpoint(address: str, model: str, key: str) -> Endpoint:
    """One endpoint for each address, so that its answers are kept."""
    return Endpoint(address, model, key)
