"""When bad records are too many: the service's limits on what it skips."""

from __future__ import annotations

from amlwrap.exceptions import DataError
from amlwrap.local.ingest.census import Census
from amlwrap.local.ingest.table import Fault, InvalidValue
from amlwrap.local.limits import Limits, how_to_lift

_N_SHOWN = 3


def check_rejections(census: Census, limits: Limits | None = None) -> None:
    """
    Refuse data when more than 10,000 of the records, or a tenth of them, are unreadable or hold an invalid value.

    Args:
        limits: Other ones than the service's 10,000 and 10 %.

    Raises:
        DataError: Naming the first faults with file, line, attribute and value.
    """
    most = limits or Limits()
    n_rejected = census.n_faults + census.n_invalid_records
    broken = _broken(n_rejected, census.n_records, most)
    if broken is None:
        return
    found: list[Fault | InvalidValue] = [*census.faults, *census.invalid_values]
    found.sort(key=lambda fault: fault.offset)
    first, others = (found[0], found[1:_N_SHOWN]) if found else (None, [])
    share = n_rejected / census.n_records
    counted = f"{n_rejected:,} of {census.n_records:,} ({_percent(share)})"
    raise DataError(
        first.file if first else ", ".join(census.uris[:_N_SHOWN]),
        f"line {first.line}" if first else "",
        _expected(most),
        f"{counted}, the first because {_told(first)}" if first else counted,
        "".join(f"Line {other.line}: {_told(other)}. " for other in others) + how_to_lift(broken),
    )


def _broken(n_rejected: int, n_records: int, most: Limits) -> str | None:
    """The name of the limit that *n_rejected* is beyond."""
    if not most.allow("rejected_records", n_rejected):
        return "rejected_records"
    share = most.rejected_share
    return None if share is None or not n_rejected or n_rejected / n_records < share else "rejected_share"


def _expected(most: Limits) -> str:
    count = "" if most.rejected_records is None else f"at most {most.rejected_records:,} rejected records"
    share = "" if most.rejected_share is None else f"less than {_percent(most.rejected_share)} of all"
    return " and ".join(filter(None, (count, share)))


def _percent(share: float) -> str:
    """To three digits, so that a small share is not told as none."""
    return f"{100 * share:.3g}%"


def _told(fault: Fault | InvalidValue) -> str:
    if isinstance(fault, InvalidValue):
        return f"{fault.attribute!r} is {fault.value!r}, which does not fit its type"
    return fault.told
