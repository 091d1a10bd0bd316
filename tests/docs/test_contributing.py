"""CONTRIBUTING.md agrees with the folders of the repository."""

import re

import pytest

from tests.docs.pages import ROOT, page

PAGES = ("CONTRIBUTING.md", "CONTRIBUTING.zh-CN.md")


@pytest.mark.parametrize("name", PAGES)
def test_every_path_of_the_layout_exists(name: str) -> None:
    lines = page(name).block("text").splitlines()

    assert all((ROOT / line.split()[0]).exists() for line in lines)
    assert all(len(line.split()) > 1 for line in lines)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("parent", ["layers/shared/python/wejourney", "workbench", "functions", "infra"])
def test_no_folder_is_missing_from_the_layout(name: str, parent: str) -> None:
    listed = {line.split()[0] for line in page(name).block("text").splitlines()}
    folders = {
        f"{parent}/{path.name}"
        for path in (ROOT / parent).iterdir()
        if path.is_dir() and not path.name.startswith("_") and any(path.glob("[!_]*"))
    }

    assert folders <= listed


@pytest.mark.parametrize("name", PAGES)
def test_every_folder_of_tests_is_in_the_table(name: str) -> None:
    named = {span for span in page(name).spans if re.fullmatch(r"tests/\w+", span)}
    folders = {
        f"tests/{path.name}"
        for path in (ROOT / "tests").iterdir()
        if path.is_dir() and not path.name.startswith("_")
    }

    assert named == folders
