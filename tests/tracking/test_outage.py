"""What may pass is tried again for a while; whoever waits for it can be called off."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from mlflow.exceptions import MlflowException, RestException
from requests import ConnectionError as Unconnected
from requests import HTTPError, Response

from kdorch.tracking import outage
from kdorch.tracking.outage import Outage, may_pass

UNANSWERED = MlflowException("API request to http://h/api failed with exception HTTPConnectionPool(…)")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "_PAUSES", (0.001, 0.002))


def answers(*errors: Exception) -> Callable[[], str]:
    """Raise these one after the other, and then return."""
    left: Iterator[Exception] = iter(errors)

    def ask() -> str:
        for error in left:
            raise error
        return "answer"

    return ask


def replied(status: int) -> HTTPError:
    response = Response()
    response.status_code = status
    return HTTPError(response=response)


def test_a_call_is_made_again_until_it_is_answered() -> None:
    found, told = Outage("http://h"), []
    found.tell = told.append
    assert found.endure(answers(*[UNANSWERED] * 5)) == "answer"
    assert (found.count, found.is_away()) == (1, False)
    assert [text.partition(";")[0] for text in told] == [
        "warning  MLflow at http://h does not answer",
        "MLflow at http://h answers again",
    ]
    assert found.endure(answers()) == "answer"
    assert len(told) == 2


def test_it_is_away_meanwhile() -> None:
    found, seen = Outage("http://h"), []

    def ask() -> None:
        seen.append(found.is_away())
        if len(seen) < 4:
            raise UNANSWERED

    found.endure(ask)
    assert seen == [False, True, True, True]


def test_it_may_be_away_for_so_long_and_no_longer() -> None:
    found, asked = Outage("http://h", patience=0.05), []

    def ask() -> None:
        asked.append(1)
        raise UNANSWERED

    with pytest.raises(MlflowException):
        found.endure(ask)
    assert len(asked) > 3
    assert not found.is_away()


def test_whoever_waits_can_be_called_off() -> None:
    found, ended = Outage("http://h", patience=3600), threading.Event()

    def wait() -> None:
        with pytest.raises(MlflowException):
            found.endure(ask)
        ended.set()

    def ask() -> None:
        raise UNANSWERED

    thread = threading.Thread(target=wait)
    thread.start()
    assert not ended.wait(0.05)
    found.give_up()
    assert ended.wait(10)
    thread.join()
    with pytest.raises(MlflowException):  # nor is anything waited for afterwards
        found.endure(answers(*[UNANSWERED] * 3))
    assert found.count == 1  # nor told


@pytest.mark.parametrize(
    "error",
    [
        UNANSWERED,
        MlflowException("API request to http://h failed with timeout exception x."),
        MlflowException("API request to endpoint /api failed with error code 502 != 200"),
        RestException({"error_code": "TEMPORARILY_UNAVAILABLE", "message": "later"}),
        MlflowException("(sqlite3.OperationalError) database is locked\n[SQL: …]"),
        Unconnected("refused"),
        replied(503),
        replied(429),
    ],
    ids=str,
)
def test_what_may_pass(error: MlflowException | OSError) -> None:
    assert may_pass(error)


@pytest.mark.parametrize(
    "error",
    [
        RestException({"error_code": "INVALID_PARAMETER_VALUE", "message": "no"}),
        RestException({"error_code": "INTERNAL_ERROR", "message": "a bug"}),
        MlflowException("API request to endpoint /api failed with error code 404 != 200", error_code=5),
        MlflowException("(sqlite3.OperationalError) database or disk is full\n[SQL: …]"),
        MlflowException("(sqlite3.OperationalError) attempt to write a readonly database"),
        OSError(28, "No space left on device"),
        replied(403),
    ],
    ids=str,
)
def test_what_is_an_error_at_once(error: MlflowException | OSError) -> None:
    assert not may_pass(error)
    found = Outage("http://h")
    with pytest.raises(type(error)):
        found.endure(answers(error))
    assert found.count == 0
