"""A model's realtime endpoint: made, waited for, asked one record at a time or many, taken away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property, partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import attrs

from amlwrap import _wire
from amlwrap._tables import rows_of
from amlwrap._translation import is_ambiguous
from amlwrap._waiting import Polling, wait_all
from amlwrap.exceptions import (
    AmlwrapError,
    ConfigError,
    DataError,
    EndpointNotReadyError,
    JobDeletedError,
    ServiceError,
)
from amlwrap.resources._concurrently import in_order
from amlwrap.resources._prediction import Prediction
from amlwrap.resources._records import Records
from amlwrap.typing import Clock, Data, EndpointStatus, ProgressSetting

if TYPE_CHECKING:
    from amlwrap.resources.model import Model

__all__ = ["Endpoint"]

_UNFINISHED = ("PENDING", "INPROGRESS")


@attrs.frozen(slots=False, repr=False)
class Endpoint:
    """
    A model's realtime endpoint, as a snapshot of the model knows it; methods give newer ones.

    As a context manager it is READY inside the block. One that stood there before the block stays; one that had to be
    made is deleted at the end, whatever happened inside.

    Attributes:
        model: The snapshot.
    """

    model: Model
    _made: list[bool] = attrs.field(factory=list[bool], init=False, eq=False)
    """For each block that is open on it, whether the block had to make it."""

    @property
    def id(self) -> str:
        """Of the model: an endpoint has no id of its own."""
        return self.model.id

    @property
    def name(self) -> str:
        """Of the model."""
        return self.model.name

    @property
    def status(self) -> EndpointStatus:
        """NONE, UPDATING, READY or FAILED."""
        return self.model.endpoint_status

    @property
    def url(self) -> str | None:
        """Where predictions are asked for; ``None`` without an endpoint."""
        return self.model.endpoint_url

    @property
    def created_at(self) -> datetime | None:
        """When it was made, aware UTC."""
        return self.model.endpoint_created_at

    @property
    def peak(self) -> int:
        """Requests a second that it is made for; 0 without an endpoint."""
        return self.model.endpoint_peak

    def __repr__(self) -> str:
        return f"<Endpoint of model {self.id!r}: {self.status}>"

    def refresh(self) -> Self:
        """How it is now."""
        return type(self)(self.model.refresh())

    def wait(self, timeout: float | None = None, *, progress: ProgressSetting | None = None) -> Self:
        """
        Wait until it can be asked.

        Args:
            timeout: Seconds; by default what the client's `Polling` says.
            progress: Overrides what the client was told.

        Raises:
            EndpointNotReadyError: There is none, or no longer.
            JobFailedError: The service could not set it up.
            WaitTimeoutError: The time is over; the endpoint is still there.
        """
        try:
            (ready,) = wait_all(self, timeout=timeout, progress=progress)
        except JobDeletedError:
            raise self._not_ready("wait()", "NONE") from None
        return ready

    def delete(self) -> Self:
        """
        Delete it; deleting again changes nothing.

        Returns:
            The last snapshot, whose status is NONE.
        """
        operation, params = _wire.delete_endpoint(self.id)
        return self._informed(self._calls.delete(operation, params))

    def predict(self, record: Mapping[str, Any]) -> Prediction:
        """
        Ask about one record.

        Args:
            record: Texts, numbers, true and false by name of variable. ``None``, NaN and empty texts are left out, and
                so is the target; the service treats what is not there as missing.

        Raises:
            EndpointNotReadyError: There is no endpoint, or it is not READY yet.
            DataError: A value is of another kind.
            ThrottledError: There were too many requests, for longer than the client's `Retry` tries.
        """
        operation, params = _wire.predict(self.id, self._address, self._records.render(record))
        return Prediction(**_wire.prediction_fields(self._calls.call(operation, **params)))

    def predict_many(self, rows: Iterable[Mapping[str, Any]] | Data, *, concurrency: int = 8) -> Iterator[Prediction]:
        """
        Ask about many records, several at a time; the predictions come in the order of the rows.

        Lazily: rows are taken as predictions are asked for, at most twice *concurrency* of them ahead, so they need
        not end. Each call is tried again as the client's `Retry` says.

        Args:
            rows: Mappings as for `predict`; or a pandas, polars or Arrow table, or ``(array, names)``.
            concurrency: Most calls at a time.

        Raises:
            ConfigError: *concurrency* is less than 1.
            DataError: *rows* is nothing of that kind.
            AmlwrapError: A row could not be predicted; the error names it, counted from 1. Rows before it have been
                given, rows not begun are not sent.
        """
        if concurrency < 1:
            raise ConfigError("concurrency", f"{concurrency}", "at least 1")
        return self._ask_many(enumerate(rows_of(rows), 1), concurrency)

    def _ask_many(self, rows: Iterator[tuple[int, Mapping[str, Any]]], concurrency: int) -> Iterator[Prediction]:
        # Looked up before there are threads to do it several times.
        _ = self._address, self._records
        yield from in_order(self._predict_row, rows, concurrency=concurrency)

    def _predict_row(self, numbered: tuple[int, Mapping[str, Any]]) -> Prediction:
        number, row = numbered
        try:
            return self.predict(row)
        except ServiceError as error:
            raise attrs.evolve(error, subject=f"row {number}, {error.subject}") from error
        except DataError as error:
            raise attrs.evolve(error, source=f"row {number}") from error
        except AmlwrapError as error:
            error.add_note(f"This was row {number}.")
            raise

    def __enter__(self) -> Self:
        found, *_ = self._look()
        if found.model.status in _UNFINISHED:
            found = type(self)(found.model.wait())
        made = found.status == "NONE"
        ready = self._open() if made else found.wait()
        self._made.append(made)
        return ready

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._made.pop():
            return
        if error is None:
            self.delete()
        else:
            self._remove_after(error)

    def _open(self) -> Self:
        """Make it and wait for it; if that fails, what may have been made goes again."""
        created: Self | None = None
        try:
            created = self._create()
            return created.wait()
        except BaseException as error:
            if created is not None or is_ambiguous(error) or not isinstance(error, AmlwrapError):
                again = f"The endpoint of model {self.id!r} was made for a with block, and is deleted again."
                self._remove_after(error, said=again)
            raise

    def _remove_after(self, error: BaseException, *, said: str = "") -> None:
        """Delete it without hiding the *error* that is on its way; what is *said* then is a note on it."""
        try:
            self.delete()
        except AmlwrapError as another:
            line = f"{self._expression}.delete_endpoint()"
            said = f"The endpoint of model {self.id!r} is still there, and costs, until {line}. {another}"
        if said:
            error.add_note(said)

    def _create(self) -> Self:
        operation, params = _wire.create_endpoint(self.id)
        reply = self._calls.create(operation, params, partial(self.model._get, verbose=False))
        return self._informed(reply) if reply else self.refresh()

    def _informed(self, reply: Mapping[str, Any]) -> Self:
        """The same model, and its endpoint as *reply* says."""
        return type(self)(attrs.evolve(self.model, **_wire.endpoint_fields(reply)))

    @cached_property
    def _address(self) -> str:
        """Where to ask; one call when this snapshot does not know."""
        found = self if self.url else self._look()[0]
        if not found.url:
            raise self._not_ready("Predict", found.status)
        return found.url

    @cached_property
    def _records(self) -> Records:
        return Records.of(self.model.schema)

    @property
    def _calls(self) -> Any:
        return self.model._connection.calls

    @property
    def _expression(self) -> str:
        return f"{self.model._connection.expression}.models.get({self.id!r})"

    def _not_ready(self, what: str, status: str) -> EndpointNotReadyError:
        return EndpointNotReadyError(what, f"model {self.id!r}", "EndpointNotReady", f"its endpoint is {status}")

    # What waiting asks.

    @property
    def message(self) -> str:
        """What to do about it, when it has failed."""
        return "the service gives no reason; delete the endpoint and create it again" if self.status == "FAILED" else ""

    @property
    def log_uri(self) -> None:
        """Endpoints have no log."""
        return

    def _noun(self) -> str:
        return "endpoint"

    def _resume(self) -> str:
        return f"{self._expression}.create_endpoint().wait()"  # which also helps when a block has deleted it

    def _lasts(self) -> bool:
        return self.model._lasts()

    def _policy(self) -> tuple[Polling, Clock, ProgressSetting]:
        return self.model._policy()

    def _look(self) -> tuple[Self, None, str]:
        latest, _, _ = self.model._look()
        return type(self)(latest), None, ""
