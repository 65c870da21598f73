"""``amlwrap serve``: an engine that others talk to."""

from __future__ import annotations

from pathlib import Path

import click

from amlwrap._cli.output import emit, note, write
from amlwrap._cli.session import current, plain
from amlwrap._settings import memory_budget, named_limits, named_urls
from amlwrap.exceptions import ConfigError

__all__ = ["serve"]


@click.command(
    epilog="""\b
Examples:
  amlwrap serve
  amlwrap serve --home ./models --port 0
  aws machinelearning describe-ml-models --endpoint-url http://127.0.0.1:8228 --no-sign-request"""
)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default="amlwrap-home",
    show_default=True,
    help="Folder of the engine.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8228, show_default=True, help="0 for one that is free.")
@click.option(
    "--allow-host", "names", multiple=True, metavar="NAME", help="A name clients call this machine by; may be repeated."
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=NUMBER",
    help="Another limit than the service's, or none; may be repeated. Also AMLWRAP_LIMITS.",
)
@click.option("--memory", metavar="SIZE", help="What jobs may take for data, by default 1 GB. Also AMLWRAP_MEMORY.")
@plain
def serve(
    *, home: Path, host: str, port: int, names: tuple[str, ...], limits: tuple[str, ...], memory: str | None
) -> None:
    """
    Answer the API of Amazon Machine Learning for boto3, the AWS command line and other SDKs.

    Nobody is asked for credentials: whoever reaches the address may do everything. Ends at Ctrl-C or SIGTERM; jobs
    that run then go back to the queue.
    """
    from amlwrap.local import Limits, open_engine
    from amlwrap.local.http import Listener, Server

    lifted, _ = named_limits(_named(limits) if limits else None)
    most, (budget, _) = Limits.of(lifted), memory_budget(memory)
    with Listener(host, port) as listener:
        if not listener.is_loopback:
            note(f"Warning: {host} can be reached by others, who may then read, change and delete everything.")
        databases, _ = named_urls(None, "AMLWRAP_DATABASES")
        with open_engine(home, endpoint_url=listener.url, databases=databases, limits=most, memory=budget) as engine:
            server = Server(engine, listener, names=names)
            server.run(lambda: _tell(server.url, engine.home.root))
    note("Stopped.")


def _named(words: tuple[str, ...]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    for (name, _, value), word in zip(pairs, words, strict=True):
        if not name or not value:
            raise ConfigError("--limit", repr(word), "NAME=NUMBER or NAME=none")
    return {name: value for name, _, value in pairs}


def _tell(url: str, home: Path) -> None:
    if current().json:
        emit({"url": url, "home": str(home)})
    else:
        write(url)
    note(f"Serving {home}; Ctrl-C ends it.")
