"""When bad records are too many: the service's limits on what it skips."""

from __future__ import annotations

from amlwrap.exceptions import DataError
from amlwrap.local.ingest.census import Census
from amlwrap.local.ingest.table import Fault, InvalidValue

MAX_REJECTED = 10_000
MIN_REJECTED_SHARE = 0.10
_N_SHOWN = 3


def check_rejections(census: Census) -> None:
    """
    Refuse data when more than 10,000 of the records, or a tenth of them, are unreadable or hold an invalid value.

    Raises:
        DataError: Naming the first faults with file, line, attribute and value.
    """
    n_rejected = census.n_faults + census.n_invalid_records
    if n_rejected <= MAX_REJECTED and n_rejected < max(1, MIN_REJECTED_SHARE * census.n_records):
        return
    found: list[Fault | InvalidValue] = [*census.faults, *census.invalid_values]
    found.sort(key=lambda fault: fault.offset)
    first, others = (found[0], found[1:_N_SHOWN]) if found else (None, [])
    share = n_rejected / census.n_records
    counted = f"{n_rejected:,} of {census.n_records:,} ({share:.0%})"
    raise DataError(
        first.file if first else ", ".join(census.uris[:_N_SHOWN]),
        f"line {first.line}" if first else "",
        f"at most {MAX_REJECTED:,} rejected records and less than {MIN_REJECTED_SHARE:.0%} of all",
        f"{counted}, the first because {_told(first)}" if first else counted,
        "".join(f"Line {other.line}: {_told(other)}. " for other in others).strip(),
    )


def _told(fault: Fault | InvalidValue) -> str:
    if isinstance(fault, InvalidValue):
        return f"{fault.attribute!r} is {fault.value!r}, which does not fit its type"
    return fault.told
