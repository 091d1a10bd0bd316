"""The projects in examples/ are right as they are: they compile, and every message has its allowance."""

from pathlib import Path

import pytest

from tests.unit.test_layout import ROOT
from wejourney.allowances.wechat_rules import RULE_SETS
from workbench.language.traversal import contents_of, localized_texts_of
from workbench.project import read_project, refusals

EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
@pytest.mark.parametrize("rules", ["2021-06", "2023-06", "current"])
def test_an_example_has_no_mistake_and_no_message_without_an_allowance(example: Path, rules: str) -> None:
    assert refusals(read_project(example), RULE_SETS[rules]) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_text_of_an_example_is_there_in_chinese_and_english(example: Path) -> None:
    for journey in read_project(example).journeys:
        contents = contents_of(journey)
        texts = [words for at, content in contents for _, _, words in localized_texts_of(content, at)]
        assert [set(words) for words in (journey.title, *texts)] == [{"en", "zh"}] * (len(texts) + 1)
