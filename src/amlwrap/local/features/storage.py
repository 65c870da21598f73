"""A fitted encoder as plain data: one JSON document and a few flat arrays, whatever the number of outputs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amlwrap.documents.recipe_expressions import Output
from amlwrap.exceptions import DataError
from amlwrap.local.features.encoder import Encoder, Placement
from amlwrap.local.features.evaluation import Memory
from amlwrap.local.features.layout import Layout
from amlwrap.local.features.memory import Bins, Lexicon, Pairs, Remembered, Scale

_DOCUMENT, _ARRAYS = "features.json", "features.npz"


def save(encoder: Encoder, folder: Path) -> None:
    """Write *encoder* into *folder*."""
    layout = {"n_levels": encoder.layout.n_levels, "n_trained": encoder.layout.n_trained}
    memory = [{"name": name, **_described(item)} for name, item in encoder.memory.items()]
    outputs = [{"text": placed.output.text, "n": len(placed.places)} for placed in encoder.outputs]
    document = {"version": 2, "layout": layout, "outputs": outputs, "memory": memory}
    (folder / _DOCUMENT).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    np.savez(
        folder / _ARRAYS,
        places=_flat([placed.places for placed in encoder.outputs], np.int32),
        edges=_flat([item.edges for item in encoder.memory.values() if isinstance(item, Bins)], np.float64),
        starts=encoder.layout.starts.astype(np.int64),
        shares=encoder.layout.shares,
        keys=_flat([item.keys for item in encoder.memory.values() if isinstance(item, Pairs)], np.int64),
    )


def load(folder: Traversable, outputs: Sequence[Output]) -> Encoder:
    """
    The encoder saved in *folder*.

    Args:
        folder: Where `save` wrote.
        outputs: The recipe's outputs on the training schema, as when it was fitted.

    Raises:
        DataError: The files are not those of an encoder with these outputs.
    """
    document = json.loads((folder / _DOCUMENT).read_text(encoding="utf-8"))
    saved = [entry["text"] for entry in document["outputs"]]
    if saved != [output.text for output in outputs]:
        raise DataError(str(folder / _DOCUMENT), "outputs", f"{len(outputs)} outputs as in the recipe", "other outputs")
    with (folder / _ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        places = _pieces(arrays["places"], [entry["n"] for entry in document["outputs"]])
        memory = _remembered(document["memory"], arrays)
        layout = Layout(arrays["starts"], arrays["shares"], **document["layout"])
    placed = tuple(Placement(output, piece) for output, piece in zip(outputs, places, strict=True))
    return Encoder(placed, memory, layout)


def _described(item: Remembered) -> dict[str, Any]:
    match item:
        case Scale(mean, deviation, has_missing):
            return {"kind": "scale", "mean": mean, "deviation": deviation, "has_missing": has_missing}
        case Bins(edges):
            return {"kind": "bins", "n": len(edges)}
        case Lexicon(entries):
            return {"kind": "lexicon", "entries": entries.to_list()}
        case Pairs(keys):
            return {"kind": "pairs", "n": len(keys)}


def _remembered(entries: Iterable[Mapping[str, Any]], arrays: Mapping[str, NDArray[Any]]) -> Memory:
    listed = list(entries)
    edges = iter(_pieces(arrays["edges"], [entry["n"] for entry in listed if entry["kind"] == "bins"]))
    keys = iter(_pieces(arrays["keys"], [entry["n"] for entry in listed if entry["kind"] == "pairs"]))
    memory: Memory = {}
    for entry in listed:
        match entry["kind"]:
            case "scale":
                memory[entry["name"]] = Scale(entry["mean"], entry["deviation"], entry["has_missing"])
            case "bins":
                memory[entry["name"]] = Bins(next(edges))
            case "lexicon":
                memory[entry["name"]] = Lexicon(pl.Series(entry["entries"], dtype=pl.String))
            case _:
                memory[entry["name"]] = Pairs(next(keys))
    return memory


def _flat(pieces: Sequence[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, kind), *pieces])


def _pieces(flat: NDArray[Any], lengths: Sequence[int]) -> list[NDArray[Any]]:
    return np.split(flat, np.cumsum(lengths)[:-1]) if lengths else []
