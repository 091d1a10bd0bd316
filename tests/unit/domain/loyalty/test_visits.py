"""A visit at a till: who can take it, until when, and which till is served."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOON
from wejourney.loyalty.till.visits import (
    CODE_LASTS,
    VISIT_LASTS,
    NotScannedError,
    Scan,
    ScanOutcome,
    UnknownVisitError,
    Visit,
    VisitExpiredError,
    VisitStatus,
    WrongTillError,
    of_till,
    require_scanned,
    scanned,
    scene_of,
    visit_id_of,
)
from wejourney.people.codes import LONGEST_MINI_SCENE

ID = "a" * 24
OPEN = Visit(ID, "S1", "2", "wx1", NOON)
INSTANT = timedelta(microseconds=1)
PEOPLE = st.sampled_from(["lee", "kim", "wu"])
SCANS = st.builds(
    lambda number, person, seconds: Scan(f"e-{number}", person, NOON + timedelta(seconds=seconds)),
    st.integers(1, 9),
    PEOPLE,
    st.integers(0, 180),
)


def test_a_scene_leads_to_its_visit_and_no_other_scene_does() -> None:
    assert visit_id_of(scene_of(ID)) == ID
    assert len(scene_of(ID)) <= LONGEST_MINI_SCENE
    for other in ("", "visit-", "visit-shop", f"visit-{ID}x", f" visit-{ID}", f"visit-{ID}\n", ID.upper()):
        assert visit_id_of(other) is None


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (timedelta(minutes=2) - INSTANT, ScanOutcome.SCANNED),
        (timedelta(minutes=2), ScanOutcome.LATE),
    ],
)
def test_a_code_can_be_scanned_for_two_minutes_and_then_no_more(
    after: timedelta, outcome: ScanOutcome
) -> None:
    assert scanned(OPEN, Scan("e-1", "lee", NOON + after))[1] is outcome
    assert (OPEN.status(NOON + after) is VisitStatus.EXPIRED) is (outcome is ScanOutcome.LATE)


@given(st.lists(SCANS, max_size=6))
def test_whoever_scans_first_in_time_has_the_visit_and_nobody_else_ever_gets_it(scans: list[Scan]) -> None:
    visit: Visit | None = OPEN
    outcomes = []
    for scan in scans:
        visit, outcome = scanned(visit, scan)
        outcomes.append(outcome)
    winner = next((n for n, scan in enumerate(scans) if scan.at < OPEN.code_expires_at), len(scans))
    assert visit is not None
    first = scans[winner] if winner < len(scans) else Scan("", "", NOON)
    assert (visit.person_id, visit.scan_id) == (first.person_id, first.id)
    for number, (scan, outcome) in enumerate(zip(scans, outcomes, strict=True)):
        is_theirs = scan.id == first.id or scan.person_id == first.person_id
        after = ScanOutcome.SCANNED if is_theirs else ScanOutcome.TAKEN
        assert outcome is (ScanOutcome.LATE if number < winner else after)


def test_a_scan_that_is_delivered_again_is_the_same_one_also_after_a_merge() -> None:
    taken, _ = scanned(OPEN, Scan("e-1", "kim", NOON))
    assert scanned(taken, Scan("e-1", "lee", NOON + VISIT_LASTS)) == (taken, ScanOutcome.SCANNED)


def test_a_code_can_be_scanned_up_to_two_minutes_and_a_visit_lasts_half_an_hour_from_then() -> None:
    last = NOON + CODE_LASTS - INSTANT
    taken, outcome = scanned(OPEN, Scan("e-1", "lee", last))
    assert (outcome, taken is not None) == (ScanOutcome.SCANNED, True)
    assert scanned(OPEN, Scan("e-1", "lee", NOON + CODE_LASTS)) == (OPEN, ScanOutcome.LATE)
    assert scanned(None, Scan("e-1", "lee", NOON)) == (None, ScanOutcome.LATE)
    assert OPEN.status(last) is VisitStatus.WAITING
    assert OPEN.status(NOON + CODE_LASTS) is VisitStatus.EXPIRED
    assert taken is not None
    assert taken.status(last + VISIT_LASTS - INSTANT) is VisitStatus.SCANNED
    assert taken.status(last + VISIT_LASTS) is VisitStatus.EXPIRED


def test_a_till_serves_its_own_visits_alone() -> None:
    assert of_till(OPEN, "S1", "2") is OPEN
    for none in (None, OPEN):
        with pytest.raises(UnknownVisitError):
            of_till(none, "S2", "2")
    with pytest.raises(WrongTillError):
        of_till(OPEN, "S1", "1")


def test_nobody_is_served_before_they_have_scanned_nor_after_the_visit() -> None:
    with pytest.raises(NotScannedError):
        require_scanned(OPEN, NOON)
    with pytest.raises(VisitExpiredError):
        require_scanned(OPEN, NOON + CODE_LASTS)
    taken, _ = scanned(OPEN, Scan("e-1", "lee", NOON))
    assert taken is not None
    assert require_scanned(taken, NOON) is taken
