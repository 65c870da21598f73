"""What an export makes of an engine whose own files were spoilt: everything else, and a word on what is lacking."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import amlwrap
from amlwrap import Client
from amlwrap._export import verify

CSV = b"x,y\n" + b"1.5,1\n2.5,0\n" * 20


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize("name", ["statistics.json", "quantiles.npz"])
@pytest.mark.parametrize("spoil", [_cut_short, Path.unlink])
def test_a_datasource_comes_along_without_what_was_counted(
    tmp_path: Path, second: Client, name: str, spoil: Callable[[Path], None]
) -> None:
    """The report says what cannot be read, each time until it can be; restored, the datasource serves as ever."""
    out = tmp_path / "out"
    with amlwrap.connect(f"local:{tmp_path}/home", progress=False) as aml:
        data = aml.datasources.create(CSV, target="y", id="ds-1").wait()
        (file,) = (tmp_path / "home").glob(f"statistics/*/{name}")
        whole = file.read_bytes()
        spoil(file)

        reports = [amlwrap.export(aml, out, data=True, rate=None) for _ in range(2)]

        assert 2 * [["datasource 'ds-1': statistics"]] == [[one.what for one in report.refused] for report in reports]
        assert "datasource 'ds-1': statistics: cannot be read: " in str(reports[0])
        assert (1, ()) == (reports[0].counts["datasource"], verify(out))
        told = json.loads((out / "datasources/ds-1/datasource.json").read_bytes())
        assert ("COMPLETED", []) == (told["Status"], [member for member in told if member.startswith("amlwrap.")])
        assert () == amlwrap.restore(out, second).refused
        assert data.schema == second.datasources.get("ds-1").schema

        file.write_bytes(whole)
        assert () == amlwrap.export(aml, out, data=True, rate=None).refused
        assert "amlwrap.statistics" in json.loads((out / "datasources/ds-1/datasource.json").read_bytes())
