"""Every command prints one language: no English sentence in Chinese output, no Chinese in English output."""

import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.docs.test_pages import COMMANDS, command_in
from tests.support.cli import run
from tests.support.languages import foreign
from workbench.wording.picture_phrases import LANGUAGES

GOOD = """\
title: {en: Hello, zh: 你好}
trigger: {event: follow, scene: store-*, when: {member: false}}
again: never
steps:
  - ask: {name: size, text: {en: How big?, zh: 多大？}, choices: {small: [小, s], large: [大, l]}, within: 1h}
  - branch:
      - when: {answer: {size: small}}
        steps: [{tag: small}]
      - when: {answer: {size: large}, scene: store-sh-*}
        steps: [{set: {city: x}}, {award: {points: 5, reason: size}}]
      - otherwise: [{untag: small}]
  - split: {name: half, shares: [{percent: 50, steps: [{tag: a}]}, {percent: 50}]}
  - wait: {event: click, key: SHOP, within: 2d, otherwise: [{stop: late}]}
  - goal: told
"""
CHANGED = (
    GOOD.replace("2d", "3d")
    .replace("- goal: told", "- wait: 1h\n  - goal: told")
    .replace("small]}]", "big]}]")
)
NOT_ALLOWED = GOOD.replace(
    "- goal: told", "- wait: 3d\n  - send: {text: {en: Late, zh: 晚了}}\n  - goal: told"
)
UNDEPLOYABLE = GOOD.replace("event: click, key: SHOP", "event: segment, segment: big")
BAD = "title: T\ntrigger: {event: folow}\nsteps:\n  - tagg: x\n  - wait: 400d\n"
PERSONA = (
    "name: 李\nabout: {en: A, zh: 某人}\nacts: [follow: {scene: store-sh-1}]\nanswers: {size: {say: s}}\n"
)
ODD_PERSONA = "name: 王\nacts:\n  - follow: {scene: store-1}\nanswers:\n  sise: {say: s}\n"
FILES = {
    "infra/journeys/good.yaml": GOOD,
    "infra/journeys/changed.yaml": CHANGED,
    "infra/personas/li.yaml": PERSONA,
    "infra/personas/wang.yaml": ODD_PERSONA,
    "other/late.yaml": NOT_ALLOWED,
    "other/segments.yaml": UNDEPLOYABLE,
    "other/bad.yaml": BAD,
    "other/rates.yaml": "members: 300%\nlanguages: {xx: 100%}\n",
    "other/prices.yaml": "regions: []\n",
    "template.yaml": "Resources: {}\n",
}
GOOD_FILE, LATE, BAD_FILE = "infra/journeys/good.yaml", "other/late.yaml", "other/bad.yaml"
CALLS = [
    ("check", GOOD_FILE),
    ("check", LATE, "--rules", "2020"),
    ("check", LATE, "--rules", "current"),
    ("check", BAD_FILE),
    ("compile", "--root", "."),
    ("compile", "--root", "other"),
    ("simulate", GOOD_FILE),
    ("simulate", GOOD_FILE, "--persona", "li"),
    ("simulate", GOOD_FILE, "--persona", "wang"),
    ("simulate", GOOD_FILE, "--persona", "nobody"),
    ("simulate", GOOD_FILE, "--persona", ""),
    ("simulate", GOOD_FILE, "--persona", "other/rates.yaml"),
    ("simulate", GOOD_FILE, "--persona", "li", "--population", "9"),
    ("simulate", GOOD_FILE, "--rates", "other/rates.yaml"),
    ("simulate", GOOD_FILE, "--population", "30", "--rates", "other/rates.yaml"),
    ("simulate", GOOD_FILE, "--population", "30"),
    ("simulate", LATE, "--population", "30"),
    ("simulate", "other/segments.yaml", "--population", "30"),
    ("graph", GOOD_FILE),
    ("graph", GOOD_FILE, "-o", "x.pdf"),
    ("graph", GOOD_FILE, "-o", "no/folder/x.svg"),
    ("graph", LATE, "-o", "x.svg"),
    ("estimate", GOOD_FILE),
    ("estimate", LATE),
    ("estimate", "other/segments.yaml"),
    ("estimate", GOOD_FILE, "--region", "mars-1"),
    ("estimate", GOOD_FILE, "--prices", "other/prices.yaml"),
    ("estimate", GOOD_FILE, "--burst", "100000"),
    ("diff", GOOD_FILE, GOOD_FILE),
    ("diff", GOOD_FILE, "infra/journeys/changed.yaml"),
    ("diff", GOOD_FILE, LATE),
    ("diff", GOOD_FILE, "nothing.yaml"),
    ("diff", GOOD_FILE, "HEAD:nothing.yaml"),
    ("init",),
    ("init", "new"),
    ("init", "new", "--from", "nothing"),
    ("init", "--from", "birthday", "--root", "."),
    ("init", "--from", "event-reminder", "--root", "."),
    ("explain", "nothing", "oA"),
    ("explain", "good", "oA"),
    ("profile", "oA"),
    ("funnel", "good"),
    ("set-profile", "oA", "city"),
    ("set-profile", "oA", "city=x", "city=y"),
    ("set-profile", "oA", "points=1"),
    ("set-profile", "oA", "member=perhaps"),
    ("set-profile", "oA", "city=x"),
    ("emit", "oA", "nothing"),
    ("emit", "oA", "payment", "size=1"),
    ("emit", "oA", "payment", "total=x"),
    ("emit", "oA", "payment", "order"),
    ("dead-letters",),
    ("dead-letters", "--redrive"),
    ("check",),
    ("check", "nothing.yaml"),
    ("check", GOOD_FILE, "--rules", "1999"),
    ("check", GOOD_FILE, "--format", "x"),
    ("nothing",),
    ("profile", "a b"),
    ("simulate", GOOD_FILE, "--population", "0"),
    ("estimate", GOOD_FILE, "--runs", "many"),
    ("--help",),
    ("--nothing",),
    ("qr", "create", "a", "store"),
    ("qr", "create", "a", "store=x"),
    ("qr", "create", "a", "store=x", "--lasts", "31d"),
    ("qr", "list"),
    ("qr", "show", "a"),
    ("points", "statement"),
    ("points", "balance", "a"),
    ("points", "adjust", "a", "--by", "5.5", "--reason", "x"),
    ("points", "adjust", "a", "--by", "5", "--reason", ""),
    ("points", "adjust", "a", "--by", "5", "--reason", "x", "--asset", "z"),
    ("points", "trial-balance"),
    ("points", "liability"),
    ("points", "check"),
    ("programme", "backfill", "purchases"),
    ("programme", "simulate", "rates.yaml"),
    ("leaders", "chess"),
    *((*name.split(), "--help") for name in COMMANDS),
]
BOX = re.compile("[\u2500-\u257f]")
NAMES = re.compile(
    r"多大？|\b(?:Key|oA|good|changed|late|John|App)\b|[\w./-]+\.(?:yaml|svg|pdf|json|txt|zh)[^\s：“]*|--[\w-]+|<[^<>]+>"
    r"|[\w.]+=\S*|\b(?:qr|points|programme) [a-z-]+\b|(?:Usage: |用法：)wejourney [a-z-]+|KIND|NAME|FOLDER"
)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WEJOURNEY_STACK", raising=False)
    return tmp_path


def test_every_command_is_called_here() -> None:
    called = {command_in(" ".join(call)) for call in CALLS}
    assert called - {"nothing", "--help", "--nothing"} == set(COMMANDS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("call", CALLS, ids=" ".join)
@pytest.mark.usefixtures("repository")
def test_a_command_prints_one_language(call: tuple[str, ...], language: str) -> None:
    result = run(*call, "--lang", language)
    told = result.stderr if call[0] == "graph" else result.stdout + result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    lines = [
        BOX.sub(" ", NAMES.sub("_", line)).replace("李", "L").replace("王", "W") for line in told.splitlines()
    ]
    found = {line: mixed for line in lines if (mixed := foreign(line, language))}
    assert found == {}
    assert told or call[0] == "graph"


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "WEJOURNEY_LANG": "en"}, "en"),
        ({"WEJOURNEY_LANG": "zh"}, "zh"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
@pytest.mark.usefixtures("repository")
def test_without_lang_the_variable_and_then_the_locale_decide(
    variables: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WEJOURNEY_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert ("通过检查" in run("check", GOOD_FILE).stdout) is (language == "zh")


@pytest.mark.usefixtures("repository")
def test_lang_counts_wherever_it_stands_and_also_for_errors_before_it() -> None:
    for call in (("--lang", "zh", BAD_FILE), (BAD_FILE, "--lang=zh"), ("--lang=zh", BAD_FILE)):
        assert "不是有效的" in run("check", *call).stderr
    assert "未知的规则集" in run("check", GOOD_FILE, "--rules", "1999", "--lang", "zh").stderr
    assert run("check", GOOD_FILE, "--lang", "fr").exit_code == 2


@pytest.mark.parametrize("columns", [40, 60, 120])
@pytest.mark.parametrize("language", LANGUAGES)
def test_help_is_whole_however_narrow_the_terminal_is(language: str, columns: int) -> None:
    for name in COMMANDS:
        wide, narrow = (
            run(name, "--help", "--lang", language, columns=width).stdout for width in (2_000, columns)
        )
        signs = [sorted("".join(BOX.sub("", text).split())) for text in (wide, narrow)]
        assert signs[0] == signs[1], name
        assert max(map(cell_len, narrow.splitlines())) <= columns


TABLES = [
    ("check", LATE),
    ("simulate", GOOD_FILE, "--persona", "li"),
    ("simulate", GOOD_FILE, "--population", "30"),
    ("estimate", GOOD_FILE),
    ("init",),
]


@pytest.mark.parametrize("columns", [40, 60])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("call", TABLES, ids=" ".join)
@pytest.mark.usefixtures("repository")
def test_a_table_is_whole_however_narrow_the_terminal_is(
    call: tuple[str, ...], language: str, columns: int
) -> None:
    wide, narrow = (run(*call, "--lang", language, columns=width) for width in (2_000, columns))

    signs = [sorted("".join(BOX.sub("", done.stdout + done.stderr).split())) for done in (wide, narrow)]
    assert signs[0] == signs[1]
    assert "\x1b" not in narrow.stdout + narrow.stderr
