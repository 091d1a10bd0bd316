from typing import Any

import pytest

from wejourney.journeys.actions import AskAction
from wejourney.journeys.answers import Question
from wejourney.messaging.contents import Text
from workbench.estimate.rows import Rows, item_bytes

ROWS = Rows(token_bytes=800)


def test_an_item_weighs_the_names_and_the_values_of_its_attributes() -> None:
    item: dict[str, dict[str, Any]] = {
        "pk": {"S": "a#b"},  # 2 + 3
        "title": {"S": "戒指"},  # 5 + 6
        "rev": {"N": "12"},  # 3 + 2
        "member": {"BOOL": True},  # 6 + 1
        "tags": {"SS": ["one", "two"]},  # 4 + 6
    }
    assert item_bytes(item) == 5 + 11 + 5 + 7 + 10


def test_a_kind_of_attribute_that_no_row_has_is_not_guessed() -> None:
    with pytest.raises(NotImplementedError):
        item_bytes({"map": {"M": {}}})


def test_a_long_message_takes_more_units_than_a_short_one() -> None:
    assert ROWS.message(Text({"zh": "好"})) == 1
    assert ROWS.message(Text({"zh": "好" * 200})) == 2


def test_a_question_weighs_more_with_its_token_and_its_choices() -> None:
    small = AskAction("1", "style")
    large = AskAction("1", "style", question=Question({str(n): ("一二三四五六七八",) for n in range(40)}))
    assert Rows(token_bytes=1800).wait(small) == ROWS.wait(small) + 1
    assert ROWS.wait(large) > ROWS.wait(small) + 1
