"""Realtime endpoints against a scripted service: their life, and what is asked of them."""

from __future__ import annotations

import itertools
import pickle
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import EndpointConnectionError

import amlwrap
from amlwrap import Client, Endpoint, Model, Polling, Prediction
from amlwrap.exceptions import (
    ConfigError,
    DataError,
    EndpointNotReadyError,
    InternalServiceError,
    InvalidInputError,
    JobFailedError,
    ThrottledError,
    TransportError,
    WaitTimeoutError,
)
from tests.scripted import Fault, Script, VirtualClock, client_on

Reply = Callable[..., dict[str, Any]]

URL = "https://realtime.machinelearning.us-east-1.amazonaws.com"
NONE = {"EndpointStatus": "NONE", "PeakRequestsPerSecond": 0}
UPDATING = {"EndpointStatus": "UPDATING", "PeakRequestsPerSecond": 200, "EndpointUrl": URL, "CreatedAt": 1480000000.5}
READY = {**UPDATING, "EndpointStatus": "READY"}
FAILED = {**UPDATING, "EndpointStatus": "FAILED"}
DETAILS = {"Algorithm": "SGD", "PredictiveModelType": "BINARY"}
NO = {"Prediction": {"predictedLabel": "0", "predictedScores": {"0": 0.25}, "details": DETAILS}}
CREATE, GET, DELETE, PREDICT = "CreateRealtimeEndpoint", "GetMLModel", "DeleteRealtimeEndpoint", "Predict"


@pytest.fixture
def clock() -> VirtualClock:
    """Time that passes by waiting."""
    return VirtualClock()


@pytest.fixture
def looks(script: Script, model: Reply) -> Callable[..., None]:
    """Say what the looks at the model find its endpoint to be."""

    def say(*infos: dict[str, Any], **changes: Any) -> None:
        script.on(GET, *(model(EndpointInfo=info, **changes) for info in infos))

    return say


@pytest.fixture
def aml(script: Script, clock: VirtualClock, looks: Callable[..., None]) -> Client:
    """A client of a service whose endpoints take two looks to be READY."""
    looks(NONE, UPDATING, READY)
    script.on(CREATE, {"MLModelId": "ml-1", "RealtimeEndpointInfo": UPDATING})
    script.on(DELETE, {"MLModelId": "ml-1", "RealtimeEndpointInfo": NONE})
    script.on(PREDICT, NO)
    return client_on(script, clock=clock, polling=Polling(first_delay=10, growth=1, jitter=0, timeout=100))


@pytest.fixture
def known(aml: Client, model: Reply) -> Model:
    """The model as it was before it had an endpoint; nobody has called for it."""
    return Model._of(model(EndpointInfo=NONE), aml.models._world)


# In a with block


def test_an_endpoint_stands_for_a_block(known: Model, script: Script, clock: VirtualClock) -> None:
    """It is made, waited for by the client's clock, and deleted at the end."""
    with known.endpoint() as endpoint:
        assert ("READY", URL, 200) == (endpoint.status, endpoint.url, endpoint.peak)
        assert datetime(2016, 11, 24, 15, 6, 40, 500000, UTC) == endpoint.created_at
        assert DELETE not in script.operations()

    assert [GET, CREATE, GET, GET, DELETE] == script.operations()
    assert [10.0] == clock.naps


def test_an_endpoint_goes_whatever_happens_inside(known: Model, script: Script) -> None:
    """The error comes out as it was."""
    with pytest.raises(ZeroDivisionError) as caught, known.endpoint():
        _ = 1 / 0

    assert DELETE == script.operations()[-1]
    assert not hasattr(caught.value, "__notes__")


def test_an_endpoint_goes_on_an_interrupt(known: Model, script: Script) -> None:
    """Ctrl-C inside the block, and Ctrl-C while it is waited for."""
    with pytest.raises(KeyboardInterrupt), known.endpoint():
        raise KeyboardInterrupt
    assert [DELETE] == script.operations()[-1:]

    script.on(GET, {"MLModelId": "ml-1", "Status": "COMPLETED"}, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt), known.endpoint():
        pytest.fail("never READY")  # pragma: no cover
    assert [GET, CREATE, GET, DELETE] == script.operations()[-4:]


def test_an_endpoint_that_stood_there_stays(
    known: Model, script: Script, looks: Callable[..., None], clock: VirtualClock
) -> None:
    """It is waited for if need be, and left to whoever made it."""
    looks(UPDATING, UPDATING, READY)
    with known.endpoint() as endpoint:
        assert endpoint.status == "READY"

    assert [GET, GET, GET] == script.operations()
    assert [10.0] == clock.naps


def test_a_block_inside_a_block_leaves_the_endpoint_to_the_outer(
    known: Model, script: Script, looks: Callable[..., None]
) -> None:
    """One endpoint object or two: who made it deletes it."""
    looks(NONE, READY)
    outer = known.endpoint()
    with outer:
        with outer:
            pass
        with known.endpoint():
            pass
        assert DELETE not in script.operations()

    assert [DELETE] == script.operations()[-1:]
    assert 1 == script.operations().count(CREATE)


def test_a_model_in_training_is_waited_for_first(known: Model, script: Script, model: Reply) -> None:
    """Its endpoint is made when it is completed."""
    script.on(
        GET,
        model(Status="INPROGRESS"),
        model(Status="INPROGRESS"),
        model(Status="COMPLETED", EndpointInfo=NONE),
        model(EndpointInfo=READY),
    )
    with known.endpoint():
        pass

    assert [GET, GET, GET, CREATE, GET, DELETE] == script.operations()


def test_an_endpoint_that_fails_says_what_to_do(known: Model, script: Script, looks: Callable[..., None]) -> None:
    """And the failed one is deleted, for it was made here."""
    looks(NONE, FAILED)
    with pytest.raises(JobFailedError, match=r"endpoint 'ml-1' failed: .* delete the endpoint and create it again"):
        known.endpoint().__enter__()

    assert DELETE == script.operations()[-1]


def test_an_endpoint_that_takes_too_long_is_deleted_again(
    known: Model, script: Script, looks: Callable[..., None]
) -> None:
    """The deadline is the client's; the error says what has become of the endpoint."""
    looks(NONE, UPDATING)
    with pytest.raises(WaitTimeoutError, match="endpoint 'ml-1' was still UPDATING after 100 s") as caught:
        known.endpoint().__enter__()

    assert DELETE == script.operations()[-1]
    assert ["The endpoint of model 'ml-1' was made for a with block, and is deleted again."] == caught.value.__notes__


def test_what_the_service_refuses_to_make_is_not_deleted(known: Model, script: Script) -> None:
    """A refusal is certain."""
    script.on(CREATE, Fault("InvalidInputException", "not today"))
    with pytest.raises(InvalidInputError, match=r"CreateRealtimeEndpoint on model 'ml-1' .*not today"):
        known.endpoint().__enter__()

    assert [GET, CREATE] == script.operations()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Fault("InternalServerException", status=500), InternalServiceError),
        (EndpointConnectionError(endpoint_url=URL), TransportError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_what_may_have_been_made_is_deleted(
    known: Model, script: Script, answer: Any, error: type[BaseException]
) -> None:
    """No answer does not mean no endpoint."""
    script.on(CREATE, answer)
    with pytest.raises(error):
        known.endpoint().__enter__()

    assert DELETE == script.operations()[-1]


def test_an_endpoint_that_cannot_be_deleted_is_told_of(
    known: Model, script: Script, looks: Callable[..., None]
) -> None:
    """Alone it is the error; beside another it is a note on that."""
    script.on(DELETE, Fault("AccessDeniedException", "hands off", 403))
    with pytest.raises(amlwrap.exceptions.AccessDeniedError, match="hands off"), known.endpoint():
        pass

    looks(NONE, READY)
    with pytest.raises(ZeroDivisionError) as caught, known.endpoint():
        _ = 1 / 0
    (note,) = caught.value.__notes__
    assert "still there, and costs, until aml.models.get('ml-1').delete_endpoint()" in note
    assert "hands off" in note


# Step by step


def test_an_endpoint_is_made_and_deleted_by_hand(known: Model, script: Script, looks: Callable[..., None]) -> None:
    """Creating does not wait; each method gives a newer snapshot."""
    looks(READY)
    created = known.create_endpoint()
    ready = created.wait()
    gone = ready.delete()

    assert ["UPDATING", "READY", "NONE"] == [one.status for one in (created, ready, gone)]
    assert [CREATE, GET, DELETE] == script.operations()
    assert (None, 0, None) == (gone.url, gone.peak, gone.created_at)
    assert ("ml-1", "bank model", "<Endpoint of model 'ml-1': NONE>") == (gone.id, gone.name, repr(gone))


def test_a_model_forgets_its_endpoint(known: Model, script: Script) -> None:
    """delete_endpoint gives the newer model."""
    without = known.create_endpoint().model.delete_endpoint()

    assert ("ml-1", "NONE", None) == (without.id, without.endpoint_status, without.endpoint_url)
    assert known.schema == without.schema
    assert [CREATE, DELETE] == script.operations()


def test_a_lost_answer_is_looked_after(known: Model, script: Script, looks: Callable[..., None]) -> None:
    """If the second attempt meets the work of the first, that is what was asked for."""
    looks(READY)
    lost = EndpointConnectionError(endpoint_url=URL)
    script.on(CREATE, lost, Fault("InvalidInputException", "has an endpoint"))

    assert known.create_endpoint().status == "READY"


def test_an_endpoint_is_waited_for_with_others(known: Model, looks: Callable[..., None]) -> None:
    """It is something to wait for like a job."""
    looks(UPDATING, READY)
    events: list[amlwrap.ProgressEvent] = []

    (ready,) = amlwrap.wait_all(known.create_endpoint(), progress=events.append)

    assert ready.status == "READY"
    assert [("endpoint", "UPDATING", 0), ("endpoint", "READY", 1)] == [
        (event.kind, event.status, event.n_done) for event in events
    ]


def test_waiting_for_none_ends_at_once(known: Model, looks: Callable[..., None]) -> None:
    """Nobody is going to make it."""
    looks(NONE)
    with pytest.raises(
        EndpointNotReadyError, match=r"model 'ml-1' .*its endpoint is NONE. Create the model's endpoint"
    ):
        known.endpoint().wait()


def test_an_endpoint_is_looked_at_again(known: Model, looks: Callable[..., None]) -> None:
    """Refresh is a call, nothing else is."""
    looks(READY)
    assert ("NONE", "READY") == (known.endpoint().status, known.endpoint().refresh().status)


def test_an_endpoint_survives_pickle(known: Model, looks: Callable[..., None]) -> None:
    """What was known of it does; the connection does not."""
    looks(READY)
    ready = known.endpoint().refresh()
    ready.predict({"age": 1})

    copy = pickle.loads(pickle.dumps(ready))

    assert (ready, URL) == (copy, copy.url)
    with pytest.raises(ConfigError, match="unpickled"):
        copy.predict({"age": 1})


# Asking


@pytest.fixture
def endpoint(known: Model, script: Script, looks: Callable[..., None]) -> Endpoint:
    """READY, and the calls for it forgotten."""
    looks(READY)
    ready = known.endpoint().refresh()
    script.calls.clear()
    return ready


def test_a_binary_prediction(endpoint: Endpoint, script: Script) -> None:
    """Both classes have a score, whichever the service names; the reply is there as it came."""
    prediction = endpoint.predict({"age": 31, "job": "cook"})

    expected = Prediction(type="BINARY", label="0", scores={"0": 0.75, "1": 0.25})
    assert expected == prediction
    assert (0.25, None, NO["Prediction"]) == (prediction.score, prediction.value, prediction.raw)
    sent = {"MLModelId": "ml-1", "PredictEndpoint": URL, "Record": {"age": "31", "job": "cook"}}
    assert [(PREDICT, sent)] == script.calls
    assert prediction == pickle.loads(pickle.dumps(prediction))
    assert 1 == len({prediction, expected})


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            {"predictedLabel": "red", "predictedScores": {"red": 0.5, "blue": 0.25, "green": 0.25}},
            Prediction(type="MULTICLASS", label="red", scores={"red": 0.5, "blue": 0.25, "green": 0.25}),
        ),
        ({"predictedValue": -2.5}, Prediction(type="REGRESSION", value=-2.5)),
    ],
)
def test_other_predictions(endpoint: Endpoint, script: Script, said: Any, expected: Prediction) -> None:
    """A label and a score per class, or a number; no score of class 1."""
    script.on(PREDICT, {"Prediction": {**said, "details": {**DETAILS, "PredictiveModelType": expected.type}}})

    prediction = endpoint.predict({})

    assert (expected, None) == (prediction, prediction.score)


def test_a_prediction_of_another_time_is_read(endpoint: Endpoint, script: Script) -> None:
    """Members that are not there are nothing; nothing breaks."""
    script.on(PREDICT, {"Prediction": {}})

    assert Prediction() == endpoint.predict({})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("cook", "cook"),
        (31, "31"),
        (0.1, "0.1"),
        (1e-300, "1e-300"),
        (np.float32(0.1), "0.10000000149011612"),
        (np.int64(2**53 + 1), "9007199254740993"),
        (np.array(4.5), "4.5"),
        (Decimal("1.50"), "1.50"),
        (True, "1"),
        (np.False_, "0"),
        (date(2026, 11, 24), "2026-11-24"),
        (None, None),
        ("", None),
        (float("nan"), None),
        (np.float32("nan"), None),
        (Decimal("nan"), None),
    ],
)
def test_values_become_texts(endpoint: Endpoint, script: Script, value: Any, text: str | None) -> None:
    """A number keeps every digit; nothing is left out."""
    endpoint.predict({"age": value})

    assert [{} if text is None else {"age": text}] == [params["Record"] for params in script.params(PREDICT)]


def test_true_is_a_number_only_where_numbers_are(endpoint: Endpoint, script: Script) -> None:
    """Elsewhere it is spelled as a CSV would; the target is not sent, names nobody knows are."""
    endpoint.predict({"age": True, "job": True, "y": True, 7: False})  # type: ignore[dict-item]

    assert [{"age": "1", "job": "True", "7": "False"}] == [params["Record"] for params in script.params(PREDICT)]


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"age": [1]}, "record, 'age': expected a text, a number, True, False or None, found list"),
        ({"age": np.zeros(2)}, "record, 'age': .* found ndarray"),
        ({"age": b"1"}, "record, 'age': .* found bytes"),
        ("age", "record: expected a mapping of names to values, found str"),
    ],
)
def test_what_is_no_record_is_refused(endpoint: Endpoint, script: Script, record: Any, words: str) -> None:
    """Before any call."""
    with pytest.raises(DataError, match=words):
        endpoint.predict(record)
    assert [] == script.calls


def test_an_endpoint_made_meanwhile_is_found(known: Model, script: Script, looks: Callable[..., None]) -> None:
    """A model from before it was made looks once, and asks as often as you like."""
    looks(READY)
    endpoint = known.endpoint()
    for _ in range(2):
        assert endpoint.predict({}).label == "0"

    assert [GET, PREDICT, PREDICT] == script.operations()


def test_no_endpoint_is_an_error_with_a_remedy(
    known: Model, endpoint: Endpoint, script: Script, looks: Callable[..., None]
) -> None:
    """Whether we know it or the service says so."""
    looks(NONE)
    with pytest.raises(EndpointNotReadyError, match=r"Predict on model 'ml-1' .*NONE. Create the model's endpoint"):
        known.endpoint().predict({})
    assert PREDICT not in script.operations()

    script.on(PREDICT, Fault("PredictorNotMountedException", "not mounted"))
    with pytest.raises(EndpointNotReadyError, match=r"not mounted. Create the model's endpoint"):
        endpoint.predict({})


def test_throttles_are_obeyed(endpoint: Endpoint, script: Script, clock: VirtualClock) -> None:
    """Both of the service's words for them, as long as the client's Retry allows."""
    too_many = [Fault("LimitExceededException", "too many"), Fault("ThrottlingException", "too fast")]
    script.on(PREDICT, *too_many, NO)
    clock.naps.clear()
    assert endpoint.predict({}).label == "0"
    assert [0.5, 1.0] == clock.naps

    script.on(PREDICT, too_many[0])
    with pytest.raises(ThrottledError, match="after 5 attempts with LimitExceededException"):
        endpoint.predict({})


# Asking about many


def echo(params: dict[str, Any]) -> dict[str, Any]:
    """A prediction that tells the record's age back."""
    return {"Prediction": {"predictedValue": float(params["Record"]["age"]), "details": DETAILS}}


def ages() -> Iterator[dict[str, Any]]:
    """Records without end."""
    return ({"age": number} for number in itertools.count())


@pytest.mark.parametrize("concurrency", [1, 3, 16])
def test_predictions_come_in_the_order_of_the_rows(endpoint: Endpoint, script: Script, concurrency: int) -> None:
    """Whoever is faster."""
    script.on(PREDICT, echo)
    rows = list(itertools.islice(ages(), 50))

    found = [one.value for one in endpoint.predict_many(rows, concurrency=concurrency)]

    assert list(range(50)) == found
    assert list(range(50)) == sorted(int(params["Record"]["age"]) for params in script.params(PREDICT))


def test_rows_need_not_end(endpoint: Endpoint, script: Script) -> None:
    """Rows are taken as predictions are, with a bounded look ahead; nothing happens before the first is asked for."""
    script.on(PREDICT, echo)
    taken: list[int] = []

    def rows() -> Iterator[dict[str, Any]]:
        for row in ages():
            taken.append(row["age"])
            yield row

    predictions = endpoint.predict_many(rows(), concurrency=3)
    assert [] == taken
    first = [one.value for one in itertools.islice(predictions, 10)]
    predictions.close()  # type: ignore[attr-defined]

    assert list(range(10)) == first
    assert len(taken) <= 10 + 6


def test_no_more_than_asked_for_run_at_a_time(endpoint: Endpoint, script: Script) -> None:
    """The service is never asked by more than so many at once, and by that many at times."""
    running, most, guard = 0, 0, threading.Lock()
    together = threading.Barrier(3, timeout=30)

    def answer(params: dict[str, Any]) -> dict[str, Any]:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        together.wait()
        with guard:
            running -= 1
        return echo(params)

    script.on(PREDICT, answer)
    assert 9 == sum(1 for _ in endpoint.predict_many(itertools.islice(ages(), 9), concurrency=3))
    assert most == 3


def test_a_bad_row_is_named_and_those_behind_it_are_not_begun(endpoint: Endpoint, script: Script) -> None:
    """Rows before it have been given; its error keeps its kind and its words."""

    def refuse(params: dict[str, Any]) -> Any:
        return Fault("InvalidInputException", "no") if params["Record"]["age"] == "4" else echo(params)

    script.on(PREDICT, refuse)
    given: list[float | None] = []
    with pytest.raises(InvalidInputError, match=r"Predict on row 5, model 'ml-1' was refused .*: no"):
        given.extend(one.value for one in endpoint.predict_many(ages(), concurrency=2))

    assert [0, 1, 2, 3] == given
    assert len(script.params(PREDICT)) <= 5 + 4


def test_a_row_that_cannot_be_sent_is_named(endpoint: Endpoint, script: Script) -> None:
    """A value of another kind, and something that is no row."""
    bad: list[list[Any]] = [[{"age": 1}, {"age": []}], [{"age": 1}, "age"]]
    for rows in bad:
        predictions = endpoint.predict_many(rows)
        next(predictions)
        with pytest.raises(DataError, match="row 2"):
            next(predictions)


def test_a_row_without_an_answer_is_named(endpoint: Endpoint, script: Script) -> None:
    """An error that has no words for it carries a note."""
    script.on(PREDICT, EndpointConnectionError(endpoint_url=URL))
    with pytest.raises(TransportError) as caught:
        next(endpoint.predict_many([{"age": 1}]))

    assert "This was row 1." in caught.value.__notes__


def test_rows_that_break_off_are_finished_first(endpoint: Endpoint, script: Script) -> None:
    """The caller's own error comes after the predictions of the rows before it."""
    script.on(PREDICT, echo)

    def rows() -> Iterator[dict[str, Any]]:
        yield {"age": 1}
        yield {"age": 2}
        raise LookupError("no more")

    predictions = endpoint.predict_many(rows())

    assert [1.0, 2.0] == [next(predictions).value, next(predictions).value]
    with pytest.raises(LookupError, match="no more"):
        next(predictions)


@pytest.mark.parametrize("make", ["pandas", "polars", "pyarrow"])
def test_tables_are_rows_too(endpoint: Endpoint, script: Script, make: str) -> None:
    """As they would be written to a CSV; what is missing and the target are left out."""
    columns = {"age": [1.5, None], "job": ["a, b", None], "y": [1, 0]}
    library: Any = pytest.importorskip(make)
    table = library.table(columns) if make == "pyarrow" else library.DataFrame(columns)

    assert 2 == len(list(endpoint.predict_many(table, concurrency=1)))
    assert [{"age": "1.5", "job": "a, b"}, {}] == [params["Record"] for params in script.params(PREDICT)]


def test_nothing_has_names_in_pandas(endpoint: Endpoint, script: Script) -> None:
    """Which are left out too."""
    pandas: Any = pytest.importorskip("pandas")

    endpoint.predict({"age": pandas.NA, "job": pandas.NaT})

    assert [{}] == [params["Record"] for params in script.params(PREDICT)]


def test_an_array_with_names_is_rows_too(endpoint: Endpoint, script: Script) -> None:
    """Numbers keep every digit."""
    array = np.array([[1, 0.1], [2, np.nan]], np.float32)
    named: Any = (array, ["age", "size"])
    assert 2 == len(list(endpoint.predict_many(named, concurrency=1)))

    assert [{"age": "1.0", "size": "0.10000000149011612"}, {"age": "2.0"}] == [
        params["Record"] for params in script.params(PREDICT)
    ]


@pytest.mark.parametrize("rows", [{"age": 1}, "bank.csv", np.zeros((2, 2)), 7])
def test_what_is_no_table_is_refused(endpoint: Endpoint, rows: Any) -> None:
    """With a word on where it belongs."""
    with pytest.raises(DataError, match=r"rows: expected mappings, or a table.*predict_batch\(\)"):
        endpoint.predict_many(rows)


def test_a_number_of_calls_is_at_least_one(endpoint: Endpoint) -> None:
    """Said at once."""
    with pytest.raises(ConfigError, match="concurrency: expected at least 1, found 0"):
        endpoint.predict_many([], concurrency=0)
