"""Every block of code in README.md and docs/ works: python is run, commands are run or parsed, configs are parsed."""

import re

import pytest

from tests.docs.pages import PAGES, ROOT, blocks_of

RUN_ELSEWHERE = ROOT / "docs/python.md"  # tests/greenlight_films/test_docs.py
LANGUAGES = {"python", "sh", "yaml", "text"}
WITH_CODE = [
    page for page in PAGES if page != RUN_ELSEWHERE and {block.language for block in blocks_of(page)} - {"text"}
]


def names(page) -> str:
    return page.relative_to(ROOT).as_posix()


def test_pages_and_blocks_are_found():
    assert len(PAGES) > 20
    assert len(WITH_CODE) > 12
    assert sum(len(blocks_of(page)) for page in PAGES) > 60


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_a_block_says_its_language_and_none_is_made_by_indenting(page):
    text = page.read_text(encoding="utf-8")
    assert {block.language for block in blocks_of(page)} <= LANGUAGES
    assert text.count("\n```") + text.startswith("```") == 2 * len(blocks_of(page))
    assert not re.search(r"\n\n {4,}(python|make|curl|mlp)", text)


@pytest.mark.parametrize(
    "page",
    [PAGES[0], *(pytest.param(page, marks=pytest.mark.slow) for page in WITH_CODE if page != PAGES[0])],
    ids=names,
)
def test_the_blocks_of_a_page_work(page, read_page):
    read_page(page, in_full=False)


def test_the_readme_is_short_and_its_links_lead_somewhere():
    text = PAGES[0].read_text(encoding="utf-8")
    assert len(text.splitlines()) < 150
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / link).is_file(), link
