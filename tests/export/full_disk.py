"""A process whose files may not grow beyond a limit, as on a full disk; it prints what became of each step as JSON."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import amlwrap
from amlwrap import Schema
from amlwrap._export import verify
from tests.bad_input.full_disk import on_full_disk

SMALL, LARGE = 200, 100_000


def main(place: str) -> None:
    """Export and restore, each on a full disk first."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    schema = Schema({"x": "NUMERIC", "y": "BINARY"}, target="y")
    data = b"x,y\n" + b"".join(b"%d,%d\n" % (number, number % 2) for number in range(30_000))
    out = Path(place, "out")
    told: dict[str, str] = {}
    with amlwrap.connect(f"local:{place}/home", progress=False) as aml:
        aml.datasources.create(data, schema=schema, id="ds-1").wait()
        for name, most in (("journal", SMALL), ("object", LARGE)):
            told[name] = on_full_disk(lambda: str(amlwrap.export(aml, out, data=True, rate=None)), most)
            told[f"{name} left"] = " ".join(path.name for path in out.rglob("*.part"))
        told["again"] = str(len(amlwrap.export(aml, out, data=True, rate=None).refused))
        told["faults"] = str(len(verify(out)))
    with amlwrap.connect(f"local:{place}/second", progress=False) as aml:
        told["restore"] = on_full_disk(lambda: str(amlwrap.restore(out, aml)), LARGE)
        told["restored"] = aml.datasources.get("ds-1").status if amlwrap.restore(out, aml).n_objects else "nothing"
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
