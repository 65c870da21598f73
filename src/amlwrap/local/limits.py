"""How much of anything the engine takes: the service's limits, each of which can be lifted by name."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import attrs

from amlwrap._settings import n_bytes
from amlwrap.documents._parsing import close_matches, real_number, shown, whole_number
from amlwrap.documents.bounds import BeyondBound, Bounds, within
from amlwrap.exceptions import AmlwrapError, ConfigError, DataError

__all__ = ["Limits", "beyond", "how_to_lift", "in_full"]

_KB, _GB, _TB = 1024, 1024**3, 1024**4
_DAY = 24 * 3_600
_SETTING = "limits"
_NONE = "none"
_MOST = 2**62


@attrs.frozen(kw_only=True)
class Limits:
    """
    The limits of the service; None where there is to be none.

    Attributes:
        record_bytes: Of an observation in a file, and of a record to predict.
        attributes: Of a schema.
        attribute_name: Characters of an attribute's name.
        recipe_outputs: Variables that a recipe puts out.
        classes: Of a MULTICLASS model.
        passes: Over the data, of one training.
        model_bytes: Most that a model may be allowed to grow to.
        training_bytes: Of the files a model learns from.
        batch_bytes: Of the files of a batch prediction.
        batch_records: Of a batch prediction.
        rejected_records: That a job passes over before it gives up.
        rejected_share: Of the records, below which what a job passes over has to stay.
        tags: On one entity.
        jobs: That run at a time.
        job_seconds: That one job may run.
        endpoint_bytes: Of all models together that have a realtime endpoint.
        endpoint_requests: Predictions a second, of one endpoint; the service's 200 hold only where they are asked for.
        requests: Predictions a second, of all endpoints; the service's 10,000 likewise.
        operations: A second, all but predictions; how many the service takes is not known.

    The last three are off because an engine in your process has no line to protect: what it would refuse is the
    thousandth prediction of a loop.

    >>> Limits().tags, Limits.of({"classes": "500", "tags": None, "training_bytes": "1 TB"}).training_bytes
    (50, 1000000000000)
    """

    record_bytes: int | None = 100 * _KB
    attributes: int | None = 1_000
    attribute_name: int | None = 64
    recipe_outputs: int | None = 10_000
    classes: int | None = 100
    passes: int | None = 10_000
    model_bytes: int | None = 2 * _GB
    training_bytes: int | None = 100 * _GB
    batch_bytes: int | None = _TB
    batch_records: int | None = 100_000_000
    rejected_records: int | None = 10_000
    rejected_share: float | None = 0.1
    tags: int | None = 50
    jobs: int | None = 25
    job_seconds: float | None = 7 * _DAY
    endpoint_bytes: int | None = 10 * _GB
    endpoint_requests: int | None = None
    requests: int | None = None
    operations: int | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> Limits:
        """
        The service's limits, but for those *given* by name: numbers, texts that hold one, None or ``"none"``.

        Raises:
            ConfigError: No limit has that name, or none could be that.
        """
        fields = attrs.fields_dict(cls)
        values: dict[str, Any] = {}
        for name, value in (given or {}).items():
            if name not in fields:
                expected = f"names among {', '.join(fields)}"
                raise ConfigError(_SETTING, repr(name), expected, close_matches(str(name), fields))
            values[name] = _number(name, value)
        return cls(**values)

    def for_documents(self) -> AbstractContextManager[None]:
        """Documents are held to these limits while the block runs, in this thread."""
        names = [field.name for field in attrs.fields(Bounds)]
        return within(**{name: getattr(self, name) for name in names})

    def allow(self, name: str, found: float) -> bool:
        """Whether *found* is no more than the limit *name*, if there is one."""
        most: float | None = getattr(self, name)
        return most is None or found <= most


def how_to_lift(name: str) -> str:
    """The sentence that tells whoever ran into the limit *name* what to do about it on an engine of theirs."""
    return f'An engine of your own can be told otherwise: limits={{"{name}": None}}, or AMLWRAP_LIMITS="{name}=none".'


def in_full(error: AmlwrapError) -> str:
    """What *error* says, and how to lift the limit that a document ran into, if it did."""
    return f"{error} {how_to_lift(error.bound)}" if isinstance(error, BeyondBound) and error.bound else str(error)


def beyond(name: str, source: str, *, place: str = "", expected: str, found: str, remedy: str = "") -> DataError:
    """What a job fails with when it runs into the limit *name*."""
    return DataError(source, place, expected, found, f"{remedy} {how_to_lift(name)}".strip())


def _number(name: str, value: Any) -> float | None:
    if value is None or (isinstance(value, str) and value.strip().lower() == _NONE):
        return None
    setting = f"{_SETTING}[{name!r}]"
    if name.endswith("_bytes"):
        return n_bytes(setting, value)
    plain = _read(value) if isinstance(value, str) else value
    number = real_number(plain) if name in _FRACTIONS else whole_number(plain)
    if number is None or not 0 < number <= _MOST:
        kind = "a number" if name in _FRACTIONS else "a whole number"
        raise ConfigError(setting, shown(value), f"{kind} above 0, or none")
    return number


_FRACTIONS = ("rejected_share", "job_seconds")


def _read(text: str) -> float | None:
    """The number in *text*: a whole one if it is written as one."""
    try:
        return int(text.replace(",", "")) if text.replace(",", "").strip().isdecimal() else float(text)
    except ValueError:
        return None
