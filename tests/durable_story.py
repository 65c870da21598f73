"""One story told again and again in one folder; each id is printed once its create is acknowledged."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import amlwrap
from amlwrap import Client, Schema
from amlwrap.documents import Attribute, AttributeType

SCHEMA = Schema(
    [
        Attribute("age", AttributeType.NUMERIC),
        Attribute("note", AttributeType.TEXT),
        Attribute("y", AttributeType.BINARY),
    ],
    target="y",
)


def table(n: int = 3000) -> bytes:
    """Rows from which something can be learned."""
    rng = random.Random(5)
    rows = ((rng.randrange(18, 80), rng.randrange(400), rng.randrange(400)) for _ in range(n))
    lines = (f"{age},w{one} w{two},{int(age + one / 10 + rng.gauss(0, 9) > 69)}" for age, one, two in rows)
    return "\n".join(["age,note,y", *lines, ""]).encode()


def tell(aml: Client, folder: Path, name: str) -> Iterator[str]:
    """Train, evaluate and predict under ids that end in *name*; each is yielded when the engine has taken it."""
    path = folder / f"{name}.csv"  # a name of its own, so that it is staged anew
    path.write_bytes(table())
    data = aml.datasources.create(path, schema=SCHEMA, id=f"ds-{name}")
    yield data.id
    model = aml.models.create(data, passes=4, id=f"ml-{name}")
    yield model.id
    batch = aml.batch_predictions.create(model, data, output="s3://staging/out/", id=f"bp-{name}")
    yield batch.id
    yield aml.evaluations.create(model, data, allow_training=True, id=f"ev-{name}").id
    batch.wait()


def main(home: str, folder: str, name: str, most: str) -> None:
    """Tell the story, at most so many times."""
    with amlwrap.connect(f"local:{home}", progress=False) as aml:
        for number in islice(count(), int(most)):
            for acknowledged in tell(aml, Path(folder), f"{name}-{number}"):
                sys.stdout.write(f"{acknowledged}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
