"""Waiting: a schedule, a deadline and an end, all on a clock that only pretends."""

from __future__ import annotations

from typing import Any, Self

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap import exceptions
from amlwrap._progress import ProgressEvent
from amlwrap._waiting import Polling, as_completed, wait_all
from amlwrap.typing import Clock, ProgressSetting
from tests.scripted import VirtualClock

STEADY = Polling(jitter=0.0)


@attrs.frozen(kw_only=True)
class Job:
    """A resource whose job goes through *statuses*, one a look."""

    clock: Clock
    id: str = "ml-1"
    name: str = ""
    status: str = "PENDING"
    message: str = ""
    log_uri: str | None = None
    statuses: tuple[str, ...] = ()
    polling: Polling = STEADY
    progress: ProgressSetting = False
    interrupt: bool = False
    lasting: bool = True
    troubles: tuple[Exception | None, ...] = ()

    def _noun(self) -> str:
        return "model"

    def _resume(self) -> str:
        return f"aml.models.get({self.id!r}).wait()"

    def _lasts(self) -> bool:
        return self.lasting

    def _policy(self) -> tuple[Polling, Clock, ProgressSetting]:
        return self.polling, self.clock, self.progress

    def _look(self) -> tuple[Self, float | None, str]:
        if self.interrupt:
            raise KeyboardInterrupt
        if self.troubles:
            trouble, *later = self.troubles
            object.__setattr__(self, "troubles", tuple(later))
            if trouble is not None:
                raise trouble
        status, *rest = self.statuses or (self.status,)
        return attrs.evolve(self, status=status, statuses=tuple(rest) or (status,)), 0.5, "pass 5 of 10"


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that stands still until somebody sleeps."""
    return VirtualClock()


def test_looks_grow_apart(clock: VirtualClock) -> None:
    """The first look is at once; then 2 s, each delay half as long again, never over 30 s."""
    job = Job(clock=clock, statuses=("PENDING",) * 4 + ("INPROGRESS",) * 6 + ("COMPLETED",))

    (done,) = wait_all(job)

    assert "COMPLETED" == done.status
    assert [2.0, 3.0, 4.5, 6.75, 10.125, 15.1875, 22.78125, 30.0, 30.0, 30.0] == pytest.approx(clock.naps)


def test_what_is_done_is_looked_at_once(clock: VirtualClock) -> None:
    """A completed job costs one look and no sleep."""
    wait_all(Job(clock=clock, statuses=("COMPLETED",)))

    assert [] == clock.naps


def test_a_status_nobody_knows_is_waited_out(clock: VirtualClock) -> None:
    """Words the service never documented neither end waiting nor break it."""
    (done,) = wait_all(Job(clock=clock, statuses=("PENDING", "READYING", "COMPLETED")))

    assert "COMPLETED" == done.status


def test_failure_raises_with_the_services_reason(clock: VirtualClock) -> None:
    """A failed job is an error, never a quiet return."""
    job = Job(clock=clock, statuses=("FAILED",), message="no target", log_uri="https://log")

    with pytest.raises(exceptions.JobFailedError, match=r"model 'ml-1' failed: no target\. The log: https://log"):
        wait_all(job)


def test_failure_without_a_reason_says_so(clock: VirtualClock) -> None:
    """The service may give none."""
    with pytest.raises(exceptions.JobFailedError, match="gave no reason"):
        wait_all(Job(clock=clock, statuses=("FAILED",)))


def test_deletion_meanwhile_raises(clock: VirtualClock) -> None:
    """Somebody else may delete what we wait for."""
    with pytest.raises(exceptions.JobDeletedError, match="is deleted, so there is nothing to wait for"):
        wait_all(Job(clock=clock, statuses=("PENDING", "DELETED")))
    with pytest.raises(exceptions.JobDeletedError) as caught:
        wait_all(Job(clock=clock, status="COMPLETED", statuses=("DELETED",)))
    assert "before it completed" not in str(caught.value)


def test_the_deadline_is_kept_to_the_second(clock: VirtualClock) -> None:
    """A last look is taken at the deadline itself, and then the error says how to come back."""
    with pytest.raises(exceptions.WaitTimeoutError) as caught:
        wait_all(Job(clock=clock, status="INPROGRESS"), timeout=60)

    assert 60 == sum(clock.naps) == caught.value.waited_seconds
    assert "still INPROGRESS after 60 s" in str(caught.value)
    assert "aml.models.get('ml-1').wait()" in str(caught.value)
    assert isinstance(caught.value, TimeoutError)


def test_no_time_at_all_still_means_one_look(clock: VirtualClock) -> None:
    """A timeout of zero asks how it is now."""
    (done,) = wait_all(Job(clock=clock, statuses=("COMPLETED",)), timeout=0)
    assert "COMPLETED" == done.status

    with pytest.raises(exceptions.WaitTimeoutError):
        wait_all(Job(clock=clock, statuses=("PENDING",)), timeout=0)
    assert [] == clock.naps


@pytest.mark.parametrize("timeout", ["1 h", float("nan"), True])
def test_a_deadline_that_is_no_number_is_refused(timeout: Any, clock: VirtualClock) -> None:
    """Before anything is asked."""
    with pytest.raises(exceptions.ConfigError, match="timeout: expected a number of seconds, or None, found"):
        wait_all(Job(clock=clock, interrupt=True), timeout=timeout)


@pytest.mark.parametrize("given", [[], "ml-1"])
def test_only_resources_are_waited_for(given: Any, clock: VirtualClock) -> None:
    """A list of them has to be unpacked, and the error says how."""
    with pytest.raises(exceptions.ConfigError, match=r"found (list|str)\. .*wait_all\(\*resources\)"):
        wait_all(Job(clock=clock), given)
    with pytest.raises(exceptions.ConfigError, match=r"found (list|str)\. .*wait_all\(\*resources\)"):
        list(as_completed(given))


def test_the_default_deadline_is_the_longest_policy(clock: VirtualClock) -> None:
    """Waiting for many ends when the most patient of their clients would give up."""
    hasty, patient = (Polling(jitter=0.0, timeout=timeout) for timeout in (10, 100))
    jobs = [Job(clock=clock, id="a", polling=hasty), Job(clock=clock, id="b", polling=patient)]

    with pytest.raises(exceptions.WaitTimeoutError):
        wait_all(*jobs)

    assert 100 == pytest.approx(sum(clock.naps))


def test_many_are_given_as_they_end(clock: VirtualClock) -> None:
    """Whoever ends first comes first, failed or not."""
    slow = Job(clock=clock, id="slow", statuses=("PENDING", "PENDING", "COMPLETED"))
    quick = Job(clock=clock, id="quick", statuses=("PENDING", "FAILED"))

    assert ["quick", "slow"] == [job.id for job in as_completed(slow, quick)]


def test_many_come_back_in_their_own_order(clock: VirtualClock) -> None:
    """wait_all keeps the order of its arguments, and the same one twice is fine."""
    slow = Job(clock=clock, id="slow", statuses=("PENDING", "PENDING", "COMPLETED"))
    quick = Job(clock=clock, id="quick", statuses=("COMPLETED",))

    assert ["slow", "quick", "slow"] == [job.id for job in wait_all(slow, quick, slow)]
    assert () == wait_all()


def test_one_failure_leaves_nobody_unwatched(clock: VirtualClock) -> None:
    """All jobs are waited for before the first failure is raised."""
    seen: list[ProgressEvent] = []
    bad = Job(clock=clock, id="bad", statuses=("FAILED",), progress=seen.append)
    good = Job(clock=clock, id="good", statuses=("PENDING", "COMPLETED"))

    with pytest.raises(exceptions.JobFailedError, match="'bad'"):
        wait_all(bad, good)

    assert [("bad", "FAILED"), ("good", "PENDING"), ("good", "COMPLETED")] == [(one.id, one.status) for one in seen]
    assert [(1, 2), (1, 2), (2, 2)] == [(one.n_done, one.n_jobs) for one in seen]


def test_events_tell_what_is_known(clock: VirtualClock) -> None:
    """A callable gets status, time, fraction and words at every look."""
    seen: list[ProgressEvent] = []

    wait_all(Job(clock=clock, name="digits", statuses=("PENDING", "COMPLETED")), progress=seen.append)

    assert [0.0, 2.0] == [event.elapsed_seconds for event in seen]
    assert ("model", "digits", 0.5, "pass 5 of 10") == (seen[0].kind, seen[0].name, seen[0].fraction, seen[0].words)


def test_interrupting_says_how_to_come_back(clock: VirtualClock, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C is passed on, after a line per unfinished job."""
    job = Job(clock=clock, interrupt=True, progress=True)
    other = Job(clock=clock, id="ml-2")

    with pytest.raises(KeyboardInterrupt) as caught:
        wait_all(job, other)

    told = capsys.readouterr().err.splitlines()
    assert "model ml-1 goes on; come back to it with aml.models.get('ml-1').wait()" == told[0]
    assert told == caught.value.__notes__
    assert 2 == len(told)


def test_interrupting_promises_nothing_that_ends_with_the_client(clock: VirtualClock) -> None:
    """The jobs of an engine that is gone at close go on as long as it is open."""
    with pytest.raises(KeyboardInterrupt) as caught:
        wait_all(Job(clock=clock, interrupt=True, lasting=False))

    expected = "model ml-1 goes on until its client is closed; come back to it with aml.models.get('ml-1').wait()"
    assert [expected] == caught.value.__notes__


def test_many_are_not_all_named(clock: VirtualClock, capsys: pytest.CaptureFixture[str]) -> None:
    """A screenful of unfinished jobs helps nobody."""
    jobs = [Job(clock=clock, id=f"ml-{number}", interrupt=number == 0, progress=True) for number in range(9)]

    with pytest.raises(KeyboardInterrupt):
        wait_all(*jobs)

    *told, rest = capsys.readouterr().err.splitlines()
    assert [f"ml-{number}" for number in range(5)] == [line.split()[1] for line in told]
    assert "4 more go on as well" == rest


def test_a_deadline_says_how_to_come_back_to_all(clock: VirtualClock) -> None:
    """The error is about one job; the others stand beside it."""
    jobs = [Job(clock=clock, id=f"ml-{number}", statuses=("INPROGRESS",)) for number in (1, 2)]

    with pytest.raises(exceptions.WaitTimeoutError) as caught:
        wait_all(*jobs, timeout=10)

    (note,) = caught.value.__notes__
    assert {"ml-1", "ml-2"} == {caught.value.id, note.split()[1]}


@given(poll=st.integers(1, 10_000), luck=st.floats(0, 1, exclude_max=True), jitter=st.floats(0, 1))
def test_delays_stay_in_bounds(poll: int, luck: float, jitter: float) -> None:
    """However long it takes and whatever the luck, looks are never further apart than the longest delay."""
    for polling in (Polling.remote(), Polling.local()):
        chosen = attrs.evolve(polling, jitter=jitter, rng=lambda: luck)
        assert 0 <= chosen.delay(poll) <= chosen.max_delay


@pytest.mark.parametrize("setting", [{"first_delay": 0.0}, {"growth": 0.5}, {"jitter": 2.0}, {"timeout": -1.0}])
def test_a_policy_that_makes_no_sense_is_refused(setting: dict[str, Any]) -> None:
    """Numbers out of range are told when the policy is made."""
    with pytest.raises(ValueError, match=next(iter(setting))):
        Polling(**setting)


def test_local_jobs_are_looked_at_often() -> None:
    """The embedded engine answers in no time, and its jobs are short."""
    assert (0.01, 0.1, 3600.0) == (Polling.local().first_delay, Polling.local().max_delay, Polling.local().timeout)


SILENCE = exceptions.TransportError("GetMLModel", "https://example.com", "gone", 5)


def test_an_outage_is_waited_out(clock: VirtualClock) -> None:
    """Looks that get no answer are news of nothing; the job is not given up for them, and its watcher is told."""
    seen: list[ProgressEvent] = []
    throttled = exceptions.ThrottledError("GetMLModel", "", "Throttling", "Rate exceeded", 5)
    job = Job(clock=clock, troubles=(SILENCE, throttled, None, SILENCE), statuses=("INPROGRESS", "COMPLETED"))

    (done,) = wait_all(job, progress=seen.append)

    assert "COMPLETED" == done.status
    assert [
        ("PENDING", "no news: no answer; still trying"),
        ("PENDING", "no news: Throttling; still trying"),
        ("INPROGRESS", "pass 5 of 10"),
    ] == [(event.status, event.words) for event in seen[:3]]


def test_patience_ends(clock: VirtualClock) -> None:
    """An outage that lasts ends waiting with its error, which says how to come back."""
    job = Job(clock=clock, troubles=(None, *[SILENCE] * 100), polling=Polling(jitter=0.0, patience=60.0))

    with pytest.raises(exceptions.TransportError) as caught:
        wait_all(job)

    assert ["model ml-1 goes on; come back to it with aml.models.get('ml-1').wait()"] == caught.value.__notes__
    assert 2.0 + 60.0 <= clock.now - 1000.0 < 2.0 + 60.0 + 30.0


def test_patience_begins_anew_with_every_answer(clock: VirtualClock) -> None:
    """Two short outages are not one long one."""
    troubles = (*[SILENCE] * 5, None, *[SILENCE] * 3)
    job = Job(clock=clock, troubles=troubles, statuses=("PENDING", "COMPLETED"), polling=Polling(patience=60.0))

    assert "COMPLETED" == wait_all(job)[0].status


def test_a_deadline_within_an_outage_tells_both(clock: VirtualClock) -> None:
    """The deadline is the error, the outage its cause."""
    job = Job(clock=clock, troubles=tuple([SILENCE] * 100))

    with pytest.raises(exceptions.WaitTimeoutError, match="still PENDING after 20 s") as caught:
        wait_all(job, timeout=20)

    assert isinstance(caught.value.__cause__, exceptions.TransportError)


def test_what_will_not_pass_is_not_waited_out(clock: VirtualClock) -> None:
    """No right to look, nothing to look at: told at once."""
    refusal = exceptions.AccessDeniedError("GetMLModel", "", "AccessDeniedException", "no")

    with pytest.raises(exceptions.AccessDeniedError):
        wait_all(Job(clock=clock, troubles=(refusal,)))
    assert [] == clock.naps
