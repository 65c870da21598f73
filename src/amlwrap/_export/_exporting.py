"""Exporting everything an account owns into a folder of plain files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path

from amlwrap._export._account import Account, Pace, without_query
from amlwrap._export._collecting import Run, Wanted
from amlwrap._export._ledger import Ledger
from amlwrap._export._reports import ExportReport
from amlwrap._logs import Opener, open_url
from amlwrap._progress import open_display
from amlwrap.client import Client, demand_client
from amlwrap.resources import Datasource
from amlwrap.typing import ProgressSetting

__all__ = ["Wanted", "export", "export_with"]


def export(
    aml: Client,
    folder: str | PathLike[str],
    *,
    data: bool | Iterable[Datasource | str] = False,
    predictions: bool = True,
    logs: bool = True,
    rate: float | None = 5.0,
    progress: ProgressSetting | None = None,
) -> ExportReport:
    """
    Everything the account behind *aml* owns, as plain files in *folder*.

    Entities of all kinds and statuses come with their schemas, recipes, parameters, metrics and tags. Run it again on
    the same folder to go on after an interruption, or to bring the folder up to date: what is there and has not
    changed is not read again, and what has been deleted at its source since stays. What cannot be had is named in the
    report, and stops nothing.

    Args:
        folder: New, empty, or one that holds an earlier export of the same account.
        data: Also copy the files the datasources are made of: of all, or of those given, by id or as resources. They
            can be large; each object is copied once, however many datasources share it. Models can be trained again
            from them.
        predictions: Also copy the files of batch predictions.
        logs: Also fetch the logs of jobs, while the service keeps them.
        rate: Calls to the service per second, at most; ``None`` for no bound. The embedded engine is not spared.
        progress: Overrides what the client was told.

    Returns:
        What the folder holds now, and what could not be had.

    Raises:
        ConfigError: *folder* holds something else, or the export of another account.
        DataError: *folder* cannot be written: the disk is full, for example. Free some space and run it again.
        ServiceClosedError: The account was never admitted to the service.
        TransportError: Nothing answers any more. What was read by then stays; run it again.

    >>> import amlwrap, tempfile
    >>> place = tempfile.TemporaryDirectory()
    >>> with amlwrap.connect("local:", progress=False) as aml:
    ...     print(amlwrap.export(aml, f"{place.name}/all").counts)
    {'datasource': 0, 'model': 0, 'evaluation': 0, 'batch_prediction': 0}
    >>> place.cleanup()
    """
    some = [data] if isinstance(data, str) else data
    chosen = some if isinstance(some, bool) else frozenset(str(getattr(one, "id", one)) for one in some)
    wanted = Wanted(data=chosen, predictions=predictions, logs=logs)
    return export_with(aml, folder, wanted, rate=rate, progress=progress)


def export_with(
    aml: Client,
    folder: str | PathLike[str],
    wanted: Wanted,
    *,
    rate: float | None = None,
    progress: ProgressSetting | None = None,
    opener: Opener = open_url,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ExportReport:
    """`export`, told how to open a log's address and what time it is."""
    demand_client(aml)
    world = aml._world
    ledger = Ledger(Path(folder))
    ledger.read()
    pace = Pace(rate, world.clock)
    account = Account(world.calls, pace if world.adopter is None else Pace(None, world.clock))
    display = open_display(world.progress if progress is None else progress)
    run = Run(world, ledger, account, wanted, opener, display)
    try:
        return run.all(_source(aml), now)
    except (KeyboardInterrupt, Exception) as error:
        if ledger.unfinished:
            text = f"The export in {ledger.folder} is not finished; run it again on this folder, and it goes on."
            error.add_note(text)
            display.say(text)
        raise
    finally:
        ledger.close()
        display.close()


def _source(aml: Client) -> dict[str, str]:
    """Where entities are from: what tells one account's place from another's, and nothing that is secret."""
    settings = aml.describe()
    target = settings["target"].value or "" if "target" in settings else ""
    if target.startswith("local:"):
        folder = target.removeprefix("local:")
        return {"endpoint": f"local:{Path(folder).expanduser().absolute()}" if folder else target}
    meta = aml.boto.meta
    return {"endpoint": without_query(str(meta.endpoint_url)), "region": str(meta.region_name)}
