"""Language models behind any OpenAI-compatible address, with budgets and a cache."""

import logging
import os
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from llm_bridge.prompts import Prompt

_LOG = logging.getLogger(__name__)
ADDRESS, KEY, MODEL = "OPENAI_BASE_URL", "OPENAI_API_KEY", "RRM_LLM_MODEL"
"""Environment variables of the provider ``openai``; the key is never logged."""


class Model(Protocol):
    """What reads beside the grammar."""

    @property
    def name(self) -> str:
        """Name that stands in refusals."""
        ...

    def answer(self, prompt: Prompt, seconds: float) -> str | None:
        """Answer within a time, or None if there is none."""
        ...


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
        Budget of prompts and answers together; then there are no more answers.
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
        if seconds <= 0 or self.used + prompt.tokens + self.reply_tokens > self.tokens:
            return None
        try:
            found = self._asked(prompt, seconds)
        except Exception as error:  # of the client, the network or the server
            _LOG.warning("%s gave no answer: %s", self.name, type(error).__name__)
            return None
        if found is not None:
            self._answers[key] = found
            if len(self._answers) > self.kept:
                self._answers.popitem(last=False)
        return found

    def _asked(self, prompt: Prompt, seconds: float) -> str | None:
        import openai
        import stamina

        if self._client is None:
            self._client = openai.OpenAI(
                base_url=self.base_url, api_key=self.key, max_retries=0
            )
        end = time.monotonic() + seconds
        passing = (openai.APIConnectionError, openai.InternalServerError)
        for attempt in stamina.retry_context(
            on=passing, attempts=self.attempts, timeout=seconds, wait_initial=0.05
        ):
            with attempt:
                reply = self._client.chat.completions.create(
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
                    timeout=max(end - time.monotonic(), 0.01),
                )
                used = getattr(reply.usage, "total_tokens", None)
                self.used += used or prompt.tokens + self.reply_tokens
                return reply.choices[0].message.content
        return None


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
