"""Dead letters: any number is listed and redriven, each once, in each follower's order."""

from collections import defaultdict
from contextlib import closing
from itertools import islice

import pytest

from tests.support.fakes.queues import FakeQueues
from wejourney.adapters.aws.queues import DeadLetters
from workbench.operations.dead_letters import DeadLetter, DeadLetterQueue


def with_letters(followers: int, each: int = 1, seconds: float = 0) -> FakeQueues:
    """`each` letters of each follower, the followers' letters mixed."""
    queues = FakeQueues(seconds=seconds)
    for number in range(each):
        for follower in range(followers):
            group, body = f"g{follower}", f"{follower}:{number}"
            queues.sent["dlq"].append(
                {"MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": f"{body:->16}"}
            )
    return queues


def queue_of(queues: FakeQueues) -> DeadLetterQueue:
    return DeadLetterQueue(queues, "dlq", "inbox")


def inbox(queues: FakeQueues) -> dict[str, list[str]]:
    """What the inbox has of each follower, in order."""
    found = defaultdict(list)
    for message in queues.sent["inbox"]:
        found[message["MessageGroupId"]].append(message["MessageBody"])
    return found


def ids(shown: list[tuple[DeadLetter, bool]]) -> list[str]:
    return [letter.id for letter, _ in shown]


def test_two_thousand_letters_are_listed_once_each_and_shown_to_the_next_reader_at_once() -> None:
    # As long as 10,000 letters at 77 ms a call, as measured; with a timeout of 30 s the first letters
    # came back before the last were read.
    queues = with_letters(2_000, seconds=0.4)
    shown = ids(list(queue_of(queues).read()))
    assert len(shown) == len(set(shown)) == 2_000
    assert queues.calls == {"receive": 201, "release": 200}
    assert len(list(islice(queue_of(queues).read(), 10))) == 10


def test_a_list_that_takes_longer_than_letters_are_hidden_ends_without_showing_one_twice() -> None:
    queues = with_letters(2_000, seconds=10)
    shown = ids(list(queue_of(queues).read()))
    assert len(shown) == len(set(shown)) == 900
    assert queues.hidden_until.keys().isdisjoint({"-" * 13 + "0:0"})


def test_letters_are_shown_while_the_others_are_still_to_be_read() -> None:
    queues = with_letters(1_000)
    with closing(queue_of(queues).read()) as letters:
        next(letters)
        assert queues.calls == {"receive": 1}
    assert queues.calls == {"receive": 1, "release": 1}


def test_all_letters_are_redriven_ten_a_request_and_each_follower_keeps_their_order() -> None:
    queues = with_letters(100, each=25)
    shown = list(queue_of(queues).read(redrive_all=True))
    assert len(shown) == 2_500
    assert all(redriven for _, redriven in shown)
    assert inbox(queues) == {f"g{who}": [f"{who}:{number}" for number in range(25)] for who in range(100)}
    assert (queues.sent["dlq"], queues.calls) == ([], {"receive": 251, "send": 250, "delete": 250})


def test_the_letters_of_one_follower_are_redriven_in_order_however_many_they_are() -> None:
    queues = with_letters(1, each=35)
    assert len(list(queue_of(queues).read(redrive_all=True))) == 35
    assert inbox(queues) == {"g0": [f"0:{number}" for number in range(35)]}


def test_no_letter_overtakes_one_of_its_follower_that_the_inbox_does_not_take() -> None:
    queues = with_letters(3, each=3)
    queues.refuses = {"g1"}
    shown = list(queue_of(queues).read(redrive_all=True))
    assert [letter.body for letter, redriven in shown if not redriven] == ["1:0", "1:1", "1:2"]
    assert inbox(queues) == {"g0": ["0:0", "0:1", "0:2"], "g2": ["2:0", "2:1", "2:2"]}
    queues.refuses = set()
    assert all(redriven for _, redriven in queue_of(queues).read(redrive_all=True))
    assert inbox(queues)["g1"] == ["1:0", "1:1", "1:2"]


def test_a_letter_that_fails_again_meanwhile_is_not_redriven_again() -> None:
    queues = with_letters(15)
    letters = queue_of(queues).read(redrive_all=True)
    first, _ = next(letters)
    DeadLetters(queues, "dlq").put(first.body, first.group, "again")
    shown = list(letters)
    assert [letter.body for letter, redriven in shown if not redriven] == [first.body]
    assert [message["MessageBody"] for message in queues.sent["dlq"]] == [first.body]


def test_a_crash_between_sending_and_deleting_loses_no_letter_and_doubles_none() -> None:
    queues = with_letters(3)

    def crash(**_: object) -> None:
        raise ConnectionError

    queues.delete_message_batch = crash  # type: ignore[method-assign, assignment]
    with pytest.raises(ConnectionError):
        list(queue_of(queues).read(redrive_all=True))
    del queues.delete_message_batch
    assert len(list(queue_of(queues).read(redrive_all=True))) == 3
    assert inbox(queues) == {"g0": ["0:0"], "g1": ["1:0"], "g2": ["2:0"]}
    assert queues.sent["dlq"] == []


def test_large_letters_are_sent_in_requests_that_sqs_takes() -> None:
    queues = with_letters(9)
    for message in queues.sent["dlq"]:
        message["MessageBody"] += "话" * 80_000
    assert len(list(queue_of(queues).read(redrive_all=True))) == 9
    assert (len(queues.sent["inbox"]), queues.calls["send"]) == (9, 9)


def test_one_letter_is_redriven_by_its_id_and_the_others_stay() -> None:
    queues = with_letters(3)
    wanted = list(queue_of(queues).read())[1][0].id
    assert [redriven for _, redriven in queue_of(queues).read({wanted})] == [False, True, False]
    assert [message["MessageBody"] for message in queues.sent["dlq"]] == ["0:0", "2:0"]
