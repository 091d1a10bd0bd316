from pathlib import Path

import pytest

from infra.bench.usage import CALLBACK, CLOSE, INBOX, TASK, Model, memory_of
from wejourney.domain.actions import SendAction, TagAction
from wejourney.domain.messages import Text

ROOT = Path(__file__).parents[3]


def test_memory_is_read_from_the_template() -> None:
    memory = memory_of(ROOT / "template.yaml")
    assert memory.keys() == {CALLBACK, INBOX, TASK, CLOSE}
    assert memory[CALLBACK] > memory[INBOX]


def test_a_message_takes_the_time_of_a_call_to_wechat_and_a_tag_does_not(model: Model) -> None:
    send, tag = SendAction("1", Text({"zh": "你好"})), TagAction("2", ("x",))
    sent, tagged = (model.task([action], {})["lambda.gb_seconds"] for action in (send, tag))
    assert sent - tagged == pytest.approx(0.5 * 1.0)
