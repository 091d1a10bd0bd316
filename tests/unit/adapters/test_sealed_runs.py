"""What an execution shows of a run, and who can read the rest."""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOON
from wejourney.adapters.sealed_runs import OPEN, SEALED, SealedRuns, sealed, unsealed
from wejourney.errors import MalformedEventError
from wejourney.events.positions import BEGINNING, Position
from wejourney.journeys.runs import Run
from wejourney.messaging.contents import Text
from wejourney.people.followers import Follower

KEY, OTHER_KEY = (b64encode(letter * 16).decode() for letter in (b"a", b"b"))
SECRET = "Geheim"
"""In every field of whom the run speaks with."""

SOMEBODY = Follower(
    *(f"wx{SECRET}", f"o{SECRET}", "p-1"),
    contact_id="c-1",
    lots=f"{SECRET}lots",
    source=f"{SECRET}source",
    scene=f"{SECRET}scene",
    language=f"{SECRET}language",
    time_zone=f"{SECRET}zone",
    tags=frozenset({f"{SECRET}tag"}),
    tier=f"{SECRET}tier",
    segments=frozenset({f"{SECRET}segment"}),
    attributes={f"{SECRET}name": f"{SECRET}value"},
    dates={f"{SECRET}date": "2026-12-01"},
)
RUN = Run(
    *("r-1", "care", "v1", Position.at(NOON), SOMEBODY),
    answers={"phone": f"{SECRET}phone"},
    unsaid=Text({"any": f"{SECRET}text"}),
    key=f"{SECRET}order",
    key_field="order",
    step_positions={"hello": Position.at(NOON)},
    draws={"half": 7},
    facts={"2.case1": True},
    offers={f"{SECRET}offer": True},
    until=NOON,
    reached=True,
    resumed_at=NOON,
    acted_at=NOON + timedelta(seconds=1),
    seal_key=KEY,
)


class Keys:
    def seal_key(self, person_id: str, run_id: str) -> str:
        assert (person_id, run_id) == ("p-1", "r-1")
        return KEY


def test_an_execution_shows_where_a_run_is_and_nothing_of_whom_it_speaks_with() -> None:
    data = sealed(RUN)

    assert data.keys() - {SEALED} <= {*OPEN, "person_id", "contact_id"}
    assert data["facts"] == {"2.case1": True}
    assert SECRET not in json.dumps(data, ensure_ascii=False)
    assert KEY not in json.dumps(data)


def test_with_the_key_a_run_is_as_it_was() -> None:
    read = Run.from_dict(SealedRuns(Keys()).read(json.loads(json.dumps(sealed(RUN)))))

    assert read == RUN


def test_what_a_machine_changes_in_the_open_counts() -> None:
    data = {**sealed(RUN), "reached": False, "stopped": "later"}

    assert Run.from_dict(unsealed(data, KEY)) == replace(RUN, reached=False)


def test_a_run_that_an_earlier_release_has_started_stays_as_its_definition_reads_it() -> None:
    old = replace(RUN, seal_key="")

    assert sealed(old) == old.to_dict()
    assert SealedRuns(Keys()).read(old.to_dict()) == old.to_dict()


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "r-2"},
        {SEALED: sealed(replace(RUN, seal_key=OTHER_KEY))[SEALED]},
        {SEALED: "%"},
        {SEALED: ""},
        {SEALED: sealed(RUN)[SEALED][:-8] + "AAAAAAA="},
    ],
    ids=["another run's", "another key", "no base64", "nothing", "tampered with"],
)
def test_data_that_was_not_sealed_for_this_run_is_rejected(wrong: dict[str, Any]) -> None:
    with pytest.raises(MalformedEventError, match="sealed"):
        unsealed({**sealed(RUN), **wrong}, KEY)


@given(
    st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=9), st.text(st.characters(codec="utf-8")))
)
def test_any_answers_come_back(answers: dict[str, str]) -> None:
    run = Run("r-1", "care", "v1", BEGINNING, SOMEBODY, answers, seal_key=KEY)

    assert Run.from_dict(unsealed(sealed(run), KEY)) == run
