"""Drafts in the sandbox: built from a copy, so that the checkout stays as it is."""

from pathlib import Path

import pytest

from infra.sandbox.package import SOURCES, sources
from infra.sandbox.settings import ROOT, SandboxError, Settings
from wejourney.allowances.wechat_rules import RULE_SETS

CURRENT = RULE_SETS["current"]
DRAFT = """
title: T
trigger: {event: click, key: GO}
steps:
  - tag: went
"""


def source_files(root: Path) -> list[Path]:
    files = [file for part in SOURCES for file in [root / part, *(root / part).rglob("*")] if file.is_file()]
    return [file for file in files if "__pycache__" not in file.parts]


@pytest.fixture
def drafts(tmp_path: Path) -> Path:
    (tmp_path / "drafts").mkdir()
    return tmp_path / "drafts"


def settings(tmp_path: Path, drafts: Path) -> Settings:
    return Settings(directory=tmp_path / "sandbox", journeys=drafts)


def test_without_drafts_the_checkout_itself_is_built() -> None:
    assert sources(Settings(), CURRENT) == ROOT / "template.yaml"


def test_a_draft_is_built_beside_the_journeys_of_the_checkout(tmp_path: Path, drafts: Path) -> None:
    (drafts / "draft.yaml").write_text(DRAFT)
    before = {path: path.read_bytes() for path in source_files(ROOT)}

    root = sources(settings(tmp_path, drafts), CURRENT).parent

    built = {path.relative_to(root).as_posix() for path in source_files(root)}
    assert {"infra/statemachines/draft.asl.json", "infra/statemachines/welcome-back.asl.json"} <= built
    assert "DraftJourney" in (root / "template.yaml").read_text("utf-8")
    assert before == {path: path.read_bytes() for path in source_files(ROOT)}


def test_a_draft_may_use_what_the_checkout_declares_of_people(tmp_path: Path, drafts: Path) -> None:
    when = "{counter: {orders: {days: 365, from: 1}}}"
    (drafts / "draft.yaml").write_text(
        DRAFT.replace("key: GO", f"key: GO, when: {when}").replace("steps:", "consent: newsletter\nsteps:")
    )
    root = sources(settings(tmp_path, drafts), CURRENT).parent
    assert (root / "infra/statemachines/draft.asl.json").exists()


def test_a_draft_with_the_name_of_a_journey_takes_its_place(tmp_path: Path, drafts: Path) -> None:
    (drafts / "welcome-back.yaml").write_text(DRAFT)
    root = sources(settings(tmp_path, drafts), CURRENT).parent
    definition = (root / "infra/statemachines/welcome-back.asl.json").read_text("utf-8")
    assert "went" in definition
    assert "article" not in definition


def test_a_draft_that_is_gone_is_not_built_any_more(tmp_path: Path, drafts: Path) -> None:
    (drafts / "draft.yaml").write_text(DRAFT)
    sources(settings(tmp_path, drafts), CURRENT)
    (drafts / "draft.yaml").rename(drafts / "other.yaml")
    root = sources(settings(tmp_path, drafts), CURRENT).parent
    assert not (root / "infra/statemachines/draft.asl.json").exists()


def test_a_folder_without_journeys_is_refused(tmp_path: Path, drafts: Path) -> None:
    with pytest.raises(SandboxError, match="no journey"):
        sources(settings(tmp_path, drafts), CURRENT)


def test_each_mistake_of_a_draft_is_told_with_its_place(tmp_path: Path, drafts: Path) -> None:
    (drafts / "draft.yaml").write_text(DRAFT.replace("tag: went", "tga: went"))
    with pytest.raises(SandboxError, match=r"draft\.yaml:5:5: .*tga"):
        sources(settings(tmp_path, drafts), CURRENT)


def test_a_draft_that_breaks_the_rules_of_the_account_is_refused(tmp_path: Path, drafts: Path) -> None:
    promise = DRAFT.replace("- tag: went", '- wait: 2h\n  - send: {text: "Too late"}')
    (drafts / "draft.yaml").write_text(promise)
    with pytest.raises(SandboxError, match="no allowance"):
        sources(settings(tmp_path, drafts), CURRENT)
