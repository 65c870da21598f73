"""A process whose files may not grow beyond a limit, as on a full disk; it prints what became of each step as JSON."""

from __future__ import annotations

import json
import random
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import amlwrap
from amlwrap import Retry, Schema
from amlwrap.documents import Attribute, AttributeType
from amlwrap.exceptions import AmlwrapError

# More than SQLite's log takes in this story, less than the table, the model's features and the predictions take.
FULL = 1_000_000
NO_FILE = 4_096


def main(home: str) -> None:
    """Stage, train and predict, each on a full disk first."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    rng = random.Random(1)
    table = f"{home}.csv"
    rows = (f"{rng.randbytes(64).hex()},{number % 2}\n" for number in range(15_000))
    Path(table).write_text("id,y\n" + "".join(rows), encoding="utf-8")
    schema = Schema((Attribute("id", AttributeType.CATEGORICAL), Attribute("y", AttributeType.BINARY)), target="y")
    with amlwrap.connect(f"local:{home}", progress=False, retry=Retry(attempts=1)) as aml:
        told = {"stage": on_full_disk(lambda: aml.datasources.create(table, schema=schema).status)}
        data = aml.datasources.create(table, schema=schema).wait()
        told["train"] = on_full_disk(lambda: aml.models.create(data, passes=1).wait().status)
        model = aml.models.create(data, passes=1).wait()
        tagged = schema.replace(row_id="id", target=None)
        tags = aml.datasources.create(data.uri, schema=tagged, statistics=False).wait()
        told["predict"] = on_full_disk(lambda: model.predict_batch(tags).wait().status)
        told["left"] = " ".join(sorted(path.name for path in Path(home).rglob("*") if path.suffix in {".tmp", ".part"}))
        told["results"] = str(len([*Path(home, "s3").rglob("batch-prediction/**/*.*")]))
        told["record"] = on_full_disk(lambda: model.predict_batch(tags).status, NO_FILE)
        told["ask"] = on_full_disk(lambda: aml.models.get(model.id).status, NO_FILE)
        told["again"] = str(model.predict_batch(tags).wait().n_total)
        told["statuses"] = " ".join(batch.status for batch in aml.batch_predictions.list())
    sys.stdout.write(json.dumps(told))


def on_full_disk(step: Callable[[], str], most: int = FULL) -> str:
    """What *step* returns or raises while no file may become longer than *most* bytes."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        return step()
    except AmlwrapError as error:
        return f"{type(error).__name__}: {error}"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


if __name__ == "__main__":
    main(sys.argv[1])
