"""A picture that somebody uploads: WeChat's content check or a human decides on it, once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOON
from wejourney.events.event_types import UploadApproved, UploadRejected
from wejourney.messaging.uploads import (
    CONTENT_TYPES,
    OPENED_WITHIN,
    VERDICT_WITHIN,
    UnknownUploadError,
    Upload,
    UploadIdUsedError,
    UploadSettledError,
    UploadStatus,
    kept_name,
    new_name,
    upload_id_of,
    upload_of,
)

OPEN = Upload("u1", "c1", "image/jpeg", NOON, new_name("u1"))
CHECKING = OPEN.received(kept_name("u1", "abc"), NOON)
APPROVED, REJECTED = CHECKING.judged("pass", NOON), CHECKING.judged("risky", NOON)
REVIEW = CHECKING.judged("review", NOON)
IN_EACH_STATUS = {upload.status: upload for upload in (OPEN, CHECKING, REVIEW, APPROVED, REJECTED)}
SECOND = timedelta(seconds=1)

DECISIONS = {
    "pass": lambda upload, at: upload.judged("pass", at),
    "risky": lambda upload, at: upload.judged("risky", at),
    "review": lambda upload, at: upload.judged("review", at),
    "": lambda upload, at: upload.judged("", at),
    "PASS": lambda upload, at: upload.judged("PASS", at),
    "approve": lambda upload, at: upload.decided(at, approved=True),
    "reject": lambda upload, at: upload.decided(at, approved=False),
}
ENDS = {"pass": "approved", "approve": "approved", "risky": "rejected", "reject": "rejected"}


def test_there_is_an_upload_in_each_status() -> None:
    assert {*IN_EACH_STATUS} == {*UploadStatus}


@given(said=st.lists(st.sampled_from([*DECISIONS]), max_size=6))
def test_the_first_decision_stands_and_only_a_human_hears_that_it_is_another(said: list[str]) -> None:
    upload, decided = CHECKING, ""
    for minute, word in enumerate(said):
        at, before = NOON + timedelta(minutes=minute), upload
        ends = ENDS.get(word, "")
        if decided and word in {"approve", "reject"} and ends != decided:
            with pytest.raises(UploadSettledError) as raised:
                DECISIONS[word](upload, at)
            assert raised.value.status == decided
            continue
        upload = DECISIONS[word](upload, at)
        if decided:
            assert upload == before
            continue
        decided = ends
        assert upload.status == (decided or "review")
        assert upload.settled_at == (at if decided else None)
        assert upload.rev == before.rev + (upload.status is not before.status)
    assert upload.is_settled == bool(decided)


@pytest.mark.parametrize("status", UploadStatus)
def test_what_is_told_of_an_upload_is_whether_it_is_approved(status: UploadStatus) -> None:
    told = {UploadStatus.APPROVED: UploadApproved("u1"), UploadStatus.REJECTED: UploadRejected("u1")}
    assert IN_EACH_STATUS[status].told == told.get(status)


@pytest.mark.parametrize("approved", [True, False])
def test_nobody_decides_on_a_picture_that_is_not_there(*, approved: bool) -> None:
    with pytest.raises(UnknownUploadError):
        OPEN.decided(NOON, approved=approved)


@pytest.mark.parametrize("status", UploadStatus)
def test_a_human_looks_at_what_is_in_doubt_and_at_what_wechat_says_nothing_of_for_a_day(
    status: UploadStatus,
) -> None:
    upload = IN_EACH_STATUS[status]
    in_time, late = NOON + VERDICT_WITHIN - SECOND, NOON + VERDICT_WITHIN
    assert upload.waits_for_human(in_time) == (status is UploadStatus.REVIEW)
    assert upload.waits_for_human(late) == (status in {UploadStatus.REVIEW, UploadStatus.CHECKING})


@pytest.mark.parametrize("status", UploadStatus)
@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_an_id_is_for_one_picture_of_its_type_and_an_unused_one_for_a_day(
    status: UploadStatus, content_type: str
) -> None:
    upload = IN_EACH_STATUS[status]
    for now in (NOON, NOON + OPENED_WITHIN - SECOND, NOON + OPENED_WITHIN):
        is_late = status is UploadStatus.OPEN and now == NOON + OPENED_WITHIN
        if content_type != upload.content_type or is_late:
            with pytest.raises(UploadIdUsedError):
                upload.check_same(content_type, now)
        else:
            upload.check_same(content_type, now)


def test_each_change_is_a_revision_and_the_id_of_the_check_is_kept() -> None:
    asked = CHECKING.asked("t1")
    assert (OPEN.rev, CHECKING.rev, asked.rev) == (1, 2, 3)
    assert asked.judged("pass", NOON) == replace(APPROVED, trace="t1", rev=4)


def test_names_lead_to_the_upload_alone() -> None:
    ids = {upload_id_of(contact, client) for contact in ("c1", "c2") for client in ("1", "2")}
    assert len(ids) == 4
    for upload_id in ids:
        assert upload_of(new_name(upload_id)) == upload_id
        assert kept_name(upload_id, "a") != kept_name(upload_id, "b")
