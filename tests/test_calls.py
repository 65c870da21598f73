"""The crossing into botocore: translation, retries within a budget, pages, creates that may be repeated."""

from __future__ import annotations

import pickle
from typing import Any

import botocore.exceptions as b
import pytest
from botocore.parsers import ResponseParserError
from hypothesis import given
from hypothesis import strategies as st

from amlwrap import exceptions
from amlwrap._calls import Calls, Retry, SystemClock
from amlwrap._translation import is_transient, translate
from tests.scripted import ENDPOINT, Fault, Script, VirtualClock

STEADY = Retry(jitter=0.0)
REFUSED = b.EndpointConnectionError(endpoint_url=ENDPOINT)
LOST = b.ReadTimeoutError(endpoint_url=ENDPOINT)
MODEL = {"MLModelId": "ml-1", "Name": "digits", "TrainingDataSourceId": "ds-1", "MLModelType": "MULTICLASS"}
CREATE = {"MLModelId": "ml-1", "MLModelName": "digits", "MLModelType": "MULTICLASS", "TrainingDataSourceId": "ds-1"}
CLOSED = (
    "Thank you for your interest in Amazon Machine Learning. AmazonML is no longer available to new customers.  "
    "Please consider using Amazon SageMaker."
)


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that stands still until somebody sleeps."""
    return VirtualClock()


def calls_on(script: Script, clock: VirtualClock, retry: Retry = STEADY) -> Calls:
    """Calls that *script* answers."""
    return Calls(script.client, retry, clock)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("ResourceNotFoundException"), exceptions.NotFoundError),
        (Fault("IdempotentParameterMismatchException"), exceptions.ConflictError),
        (Fault("InvalidInputException"), exceptions.InvalidInputError),
        (Fault("InvalidTagException"), exceptions.InvalidInputError),
        (Fault("ValidationError"), exceptions.InvalidInputError),
        (Fault("UnknownOperationException", status=404), exceptions.InvalidInputError),
        (Fault("LimitExceededException"), exceptions.LimitExceededError),
        (Fault("TagLimitExceededException"), exceptions.LimitExceededError),
        (Fault("RequestEntityTooLargeException", status=413), exceptions.LimitExceededError),
        (Fault("PredictorNotMountedException"), exceptions.EndpointNotReadyError),
        (Fault("ThrottlingException"), exceptions.ThrottledError),
        (Fault("AccessDeniedException", status=403), exceptions.AccessDeniedError),
        (Fault("UnrecognizedClientException", status=403), exceptions.AccessDeniedError),
        (Fault("ExpiredTokenException", status=403), exceptions.AccessDeniedError),
        (Fault("IncompleteSignature", status=403), exceptions.AccessDeniedError),
        (Fault("AccessDeniedException", CLOSED, 403), exceptions.ServiceClosedError),
        (Fault("InternalServerException", status=500), exceptions.InternalServiceError),
        (Fault("InternalFailure", status=500), exceptions.InternalServiceError),
        (Fault("ServiceUnavailable", status=503), exceptions.InternalServiceError),
        (Fault("NobodyHasSeenThis", status=502), exceptions.InternalServiceError),
        (Fault("NobodyHasSeenThis", status=429), exceptions.ThrottledError),
        (Fault("NobodyHasSeenThis", status=403), exceptions.AccessDeniedError),
        (Fault("NobodyHasSeenThis"), exceptions.ServiceError),
    ],
)
def test_every_refusal_has_its_error(fault: Fault, expected: type[Exception], clock: VirtualClock) -> None:
    """The service's errors become ours, with its own words and the subject of the call."""
    calls = calls_on(Script(GetMLModel=fault), clock, Retry(attempts=1))

    with pytest.raises(exceptions.ServiceError) as caught:
        calls.call("GetMLModel", MLModelId="ml-1")

    error = caught.value
    assert expected is type(error)
    assert ("GetMLModel", "model 'ml-1'", fault.code) == (error.operation, error.subject, error.code)
    assert (fault.message, "request-1") == (error.reason, error.request_id)
    assert str(error) == str(pickle.loads(pickle.dumps(error)))


def test_predict_over_the_rate_is_throttling(clock: VirtualClock) -> None:
    """The service calls too many predictions a second a limit; it is one that passes."""
    script = Script(Predict=[Fault("LimitExceededException"), {"Prediction": {"predictedValue": 1.5}}])

    reply = calls_on(script, clock).call("Predict", MLModelId="ml-1", Record={}, PredictEndpoint="http://127.0.0.1/")

    assert 1.5 == reply["Prediction"]["predictedValue"]


def _all_under(kind: type[Exception]) -> list[type[Exception]]:
    return [kind, *(each for child in kind.__subclasses__() for each in _all_under(child))]


def _made(kind: type[Exception]) -> Exception:
    error = kind.__new__(kind)
    Exception.__init__(error, f"{kind.__name__} happened")
    return error


CONNECTION_ERRORS = sorted(
    {*_all_under(b.HTTPClientError), *_all_under(b.ConnectionError), b.IncompleteReadError, ResponseParserError},
    key=lambda kind: kind.__name__,
)


@pytest.mark.parametrize("kind", CONNECTION_ERRORS, ids=lambda kind: kind.__name__)
def test_every_connection_error_of_botocore_is_a_transport_error(kind: type[Exception]) -> None:
    """Whatever breaks on the way has a mapping, today's botocore's newest classes included."""
    error = translate(_made(kind), "GetMLModel", {}, ENDPOINT, 3)

    assert isinstance(error, exceptions.TransportError)
    assert ("GetMLModel", ENDPOINT, 3) == (error.operation, error.endpoint, error.attempts)


@pytest.mark.parametrize("kind", _all_under(b.BotoCoreError), ids=lambda kind: kind.__name__)
def test_no_error_of_botocore_comes_through(kind: type[Exception]) -> None:
    """Everything botocore raises on purpose is one of ours in the end."""
    assert isinstance(translate(_made(kind), "GetMLModel", {}, ENDPOINT, 1), exceptions.AmlwrapError)


@pytest.mark.parametrize("kind", [b.NoCredentialsError, b.PartialCredentialsError, b.CredentialRetrievalError])
def test_missing_credentials_say_what_to_do(kind: type[Exception]) -> None:
    """The first thing that goes wrong on a new machine names both ways on."""
    assert "aws configure" in str(translate(_made(kind), "GetMLModel", {}, ENDPOINT, 1))


def test_a_bug_stays_a_bug(clock: VirtualClock) -> None:
    """What botocore did not raise on purpose is not dressed up."""
    with pytest.raises(ZeroDivisionError):
        calls_on(Script(GetMLModel=ZeroDivisionError("ours")), clock).call("GetMLModel", MLModelId="ml-1")


def test_parameters_botocore_refuses_are_invalid_input(clock: VirtualClock) -> None:
    """A call that never leaves says what is wrong with it."""
    script = Script()

    with pytest.raises(exceptions.InvalidInputError, match="MLModelId"):
        calls_on(script, clock).call("GetMLModel")

    assert [] == script.calls


def test_a_client_that_cannot_be_made_is_refused_plainly(clock: VirtualClock) -> None:
    """Errors of the factory come through as they are, and the next call tries again."""

    def broken() -> Any:
        raise exceptions.ConfigError("region", "none", "one")

    with pytest.raises(exceptions.ConfigError):
        Calls(broken, STEADY, clock).call("GetMLModel")


@pytest.mark.parametrize("trouble", [Fault("ThrottlingException"), Fault("InternalFailure", status=500), REFUSED, LOST])
def test_passing_trouble_is_tried_again(trouble: Any, clock: VirtualClock) -> None:
    """Throttling, errors on their side and broken connections are retried with growing delays."""
    script = Script(GetMLModel=[trouble, trouble, trouble, MODEL])

    reply = calls_on(script, clock).call("GetMLModel", MLModelId="ml-1")

    assert "digits" == reply["Name"]
    assert [0.5, 1.0, 2.0] == clock.naps


@pytest.mark.parametrize(
    "trouble",
    [
        Fault("InvalidInputException"),
        Fault("AccessDeniedException", status=403),
        Fault("LimitExceededException"),
        b.SSLError(endpoint_url=ENDPOINT, error="certificate"),
        b.ProxyConnectionError(proxy_url=ENDPOINT),
    ],
)
def test_lasting_trouble_is_not(trouble: Any, clock: VirtualClock) -> None:
    """What will be wrong in a second too is told at once."""
    script = Script(GetMLModel=trouble)

    with pytest.raises(exceptions.AmlwrapError):
        calls_on(script, clock).call("GetMLModel", MLModelId="ml-1")

    assert 1 == len(script.calls)


def test_a_reply_that_asks_for_a_pause_gets_it(clock: VirtualClock) -> None:
    """As long as the budget allows; a date is not understood, and does no harm."""
    asked = [
        Fault("Throttling", headers={"Retry-After": text}) for text in ("7", "Wed, 21 Oct 2026 07:28:00 GMT", "90")
    ]
    calls = calls_on(Script(GetMLModel=[*asked, MODEL]), clock, Retry(jitter=0.0, total_seconds=20))

    calls.call("GetMLModel", MLModelId="ml-1")

    assert [7.0, 1.0, 12.0] == clock.naps


def test_the_last_error_notes_what_every_attempt_met(clock: VirtualClock) -> None:
    """In a traceback and after pickle; one attempt alone needs no note."""
    troubles = [Fault("Throttling"), LOST, Fault("InternalServerException", status=500), Fault("Throttling")]
    calls = calls_on(Script(GetMLModel=[*troubles, Fault("InvalidInputException")]), clock)

    with pytest.raises(exceptions.InvalidInputError, match="after 5 attempts") as caught:
        calls.call("GetMLModel", MLModelId="ml-1")

    notes = ["5 attempts within 7.5 s met: Throttling (2x), no answer, InternalServerException, InvalidInputException."]
    assert notes == caught.value.__notes__ == pickle.loads(pickle.dumps(caught.value)).__notes__

    with pytest.raises(exceptions.InvalidInputError) as caught:
        calls.call("GetMLModel", MLModelId="ml-1")
    assert not hasattr(caught.value, "__notes__")


def test_attempts_end(clock: VirtualClock) -> None:
    """The last error is raised, and says how often it was tried."""
    with pytest.raises(exceptions.ThrottledError, match="after 5 attempts") as caught:
        calls_on(Script(GetMLModel=Fault("Throttling")), clock).call("GetMLModel", MLModelId="ml-1")

    assert 5 == caught.value.attempts
    assert [0.5, 1.0, 2.0, 4.0] == clock.naps


def test_the_time_budget_ends_too(clock: VirtualClock) -> None:
    """No delay reaches beyond the budget, and no attempt starts after it."""
    calls = calls_on(Script(GetMLModel=REFUSED), clock, Retry(attempts=100, total_seconds=10, jitter=0.0))

    with pytest.raises(exceptions.TransportError, match="6 attempts"):
        calls.call("GetMLModel", MLModelId="ml-1")

    assert [0.5, 1.0, 2.0, 4.0, 2.5] == clock.naps


@given(attempt=st.integers(1, 10_000), luck=st.floats(0, 1, exclude_max=True), jitter=st.floats(0, 1))
def test_delays_stay_in_bounds(attempt: int, luck: float, jitter: float) -> None:
    """However often and whatever the luck, a delay is between its floor and the longest."""
    retry = Retry(jitter=jitter, rng=lambda: luck)

    assert 0 <= retry.delay(attempt) <= retry.max_delay


@pytest.mark.parametrize("setting", [{"attempts": 0}, {"growth": 0.5}, {"jitter": 1.5}, {"total_seconds": -1.0}])
def test_a_policy_that_makes_no_sense_is_refused(setting: dict[str, Any]) -> None:
    """Numbers out of range are told when the policy is made."""
    with pytest.raises(ValueError, match=next(iter(setting))):
        Retry(**setting)


def test_pages_are_read_until_the_token_ends(clock: VirtualClock) -> None:
    """An empty page in the middle ends nothing."""

    def pages(params: dict[str, Any]) -> dict[str, Any]:
        at = int(params.get("NextToken", 0))
        return {"Results": [[MODEL], [], [MODEL]][at], **({"NextToken": str(at + 1)} if at < 2 else {})}

    script = Script(DescribeMLModels=pages)

    found = list(calls_on(script, clock).pages("DescribeMLModels", SortOrder="asc"))

    assert [1, 0, 1] == [len(page) for page in found]
    assert [{"SortOrder": "asc", **token} for token in ({}, {"NextToken": "1"}, {"NextToken": "2"})] == [
        params for _, params in script.calls
    ]


@pytest.mark.parametrize("lost", [LOST, Fault("InternalFailure", status=500)])
def test_a_create_that_meets_its_own_first_attempt_succeeded(lost: Any, clock: VirtualClock) -> None:
    """The answer was lost, the object was not: the conflict is with ourselves."""
    script = Script(CreateMLModel=[lost, Fault("IdempotentParameterMismatchException")], GetMLModel=MODEL)
    calls = calls_on(script, clock)

    calls.create("CreateMLModel", CREATE, lambda: calls.call("GetMLModel", MLModelId="ml-1"))

    assert ["CreateMLModel", "CreateMLModel", "GetMLModel"] == script.operations()


def test_a_create_that_filled_the_last_place_itself_succeeded(clock: VirtualClock) -> None:
    """The answer was lost, and there is room for no other: because ours is there."""
    script = Script(CreateMLModel=[LOST, Fault("LimitExceededException")], GetMLModel=MODEL)
    calls = calls_on(script, clock)

    calls.create("CreateMLModel", CREATE, lambda: calls.call("GetMLModel", MLModelId="ml-1"))

    assert ["CreateMLModel", "CreateMLModel", "GetMLModel"] == script.operations()


@pytest.mark.parametrize("look", ["ResourceNotFoundException", "AccessDeniedException"])
def test_a_refusal_after_a_lost_answer_is_told_when_nothing_was_made(look: str, clock: VirtualClock) -> None:
    """The refusal, not that the object is not there or may not be looked at."""
    script = Script(CreateMLModel=[LOST, Fault("LimitExceededException")], GetMLModel=Fault(look))
    calls = calls_on(script, clock)

    with pytest.raises(exceptions.LimitExceededError):
        calls.create("CreateMLModel", CREATE, lambda: calls.call("GetMLModel", MLModelId="ml-1"))


def test_a_look_that_fails_in_passing_is_taken_again(clock: VirtualClock) -> None:
    """Only a look that succeeds decides whether a refusal was our own doing."""
    looks = [*[Fault("InternalServerException", status=500)] * 5, MODEL]
    script = Script(CreateMLModel=[LOST, Fault("IdempotentParameterMismatchException")], GetMLModel=looks)
    calls = calls_on(script, clock)

    calls.create("CreateMLModel", CREATE, lambda: calls.call("GetMLModel", MLModelId="ml-1"))

    assert 3 == len(script.params("CreateMLModel"))


def test_a_delete_that_meets_its_own_first_attempt_succeeded(clock: VirtualClock) -> None:
    """What is no longer there is deleted; without a lost answer, there was nothing to delete."""
    gone = Fault("ResourceNotFoundException")
    script = Script(DeleteMLModel=[Fault("Throttling"), LOST, gone])
    calls = calls_on(script, clock)

    assert {} == calls.delete("DeleteMLModel", {"MLModelId": "ml-1"})
    with pytest.raises(exceptions.NotFoundError):
        calls.delete("DeleteMLModel", {"MLModelId": "ml-1"})
    script.on("DeleteMLModel", LOST, Fault("InvalidInputException"))
    with pytest.raises(exceptions.InvalidInputError):
        calls.delete("DeleteMLModel", {"MLModelId": "ml-1"})


def test_a_conflict_with_somebody_elses_object_is_told(clock: VirtualClock) -> None:
    """After a lost answer an id may still turn out to be taken by another."""
    other = {**MODEL, "Name": "letters"}
    script = Script(CreateMLModel=[LOST, Fault("IdempotentParameterMismatchException")], GetMLModel=other)
    calls = calls_on(script, clock)

    with pytest.raises(exceptions.ConflictError):
        calls.create("CreateMLModel", CREATE, lambda: calls.call("GetMLModel", MLModelId="ml-1"))


@pytest.mark.parametrize("before", [[], [Fault("Throttling")]])
def test_a_conflict_without_a_lost_answer_is_told(before: list[Any], clock: VirtualClock) -> None:
    """A create that never left, or was throttled, did nothing that it could meet."""
    script = Script(CreateMLModel=[*before, Fault("IdempotentParameterMismatchException")])

    with pytest.raises(exceptions.ConflictError):
        calls_on(script, clock).create("CreateMLModel", CREATE, dict)


def test_data_specifications_are_compared_too(clock: VirtualClock) -> None:
    """A datasource under the same id on other data is somebody else's."""
    params = {"DataSourceId": "ds-1", "DataSpec": {"DataLocationS3": "s3://b/mine.csv"}}
    script = Script(CreateDataSourceFromS3=[LOST, Fault("IdempotentParameterMismatchException")])

    with pytest.raises(exceptions.ConflictError):
        calls_on(script, clock).create("CreateDataSourceFromS3", params, lambda: {"DataLocationS3": "s3://b/other.csv"})


def test_the_client_is_made_once_and_closed(clock: VirtualClock) -> None:
    """One client serves every call; after close there is none."""
    made: list[Any] = []
    script = Script(GetMLModel=MODEL)

    def factory() -> Any:
        made.append(script.client())
        return made[-1]

    calls = Calls(factory, STEADY, clock)
    calls.close()
    with pytest.raises(exceptions.ConfigError, match="closed"):
        calls.call("GetMLModel", MLModelId="ml-1")
    assert [] == made

    calls = Calls(factory, STEADY, clock)
    calls.call("GetMLModel", MLModelId="ml-1")
    calls.call("GetMLModel", MLModelId="ml-1")
    assert 1 == len(made)
    calls.close()
    calls.close()


def test_the_real_clock_moves() -> None:
    """The default clock is the machine's."""
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(0)

    assert before <= clock.monotonic()


def test_only_passing_errors_are_transient() -> None:
    """What is no error of the wire is never retried."""
    assert not is_transient(ValueError())
    assert is_transient(exceptions.TransportError("GetMLModel", ENDPOINT, "gone"))
