"""Scenarios side by side, and the link that holds them."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.serving.page.conftest import FILM, choose, open_film, settled

NAMES = ["A", "B", "C", "=newcomer"]


@pytest.fixture
def four(opened) -> Page:
    """Return a page of four scenarios, the last three of which differ from the first in a field each."""
    page = opened()
    open_film(page)
    for _ in range(3):
        page.get_by_role("button", name="Copy into scenarios").click()
    page.get_by_role("link", name="Scenarios").click()
    page.get_by_role("button", name="Copy scenario A").click()
    cards = page.locator(".scenario")
    expect(cards).to_have_count(4)
    cards.nth(1).get_by_role("button", name="Take out Bo Brave").click()
    cards.nth(2).get_by_role("textbox", name="year").fill("1961")
    choose(cards.nth(3).get_by_role("combobox", name="cast"), "New Comer", "New Comer")
    cards.nth(3).get_by_role("textbox", name="Name", exact=True).fill(NAMES[-1])
    settled(page)
    return page


def differing(page: Page) -> list[int]:
    return [card.locator(".differs:visible").count() for card in page.locator(".scenario").all()]


def test_what_differs_from_the_first_is_marked_and_a_fifth_is_refused(four):
    assert differing(four) == [0, 1, 1, 1]
    expect(four.locator(".scenario").nth(3).locator(".chip.new.unknown")).to_contain_text("New Comer")
    assert len(set(four.locator(".scenario .prediction").all_inner_texts()[:3])) == 3
    assert four.get_by_role("button", name="Copy scenario A").is_disabled()
    four.get_by_role("button", name="Remove scenario A").click()
    settled(four)
    assert differing(four)[0] == 0
    assert four.get_by_role("button", name="Copy scenario B").is_enabled()


def test_a_link_restores_scenarios_after_reloading_and_in_another_browser(four, opened):
    predictions = four.locator(".scenario .prediction").all_inner_texts()
    other = opened(four.url)
    four.reload()
    for page in (four, other):
        expect(page.locator(".scenario .prediction")).to_have_text(predictions)
        boxes = page.locator(".scenario").get_by_role("textbox", name="Name", exact=True)
        assert [box.input_value() for box in boxes.all()] == NAMES
        settled(page)
        assert differing(page) == [0, 1, 1, 1]


def test_scenarios_are_exported_without_formulas(four):
    with four.expect_download() as download:
        four.get_by_role("button", name="Export as CSV").click()
    headings, *lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    columns = "scenario,film,row,edits,year,runtime,genre,cast,company,director,predicted rating"
    assert headings == f"{columns},lower_80,upper_80,lower_95,upper_95"
    assert [line.split(",")[0] for line in lines] == [*NAMES[:3], f"'{NAMES[-1]}"]
    assert "director: without Bo Brave" in lines[1]
    predictions = [float(text.split()[0]) for text in four.locator(".scenario .prediction").all_inner_texts()]
    assert [round(float(line.split(",")[-5]), 2) for line in lines] == predictions


def exported(page: Page) -> list[list[str]]:
    """Return the cells of the CSV by lines, without its headings."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    return list(csv.reader(text.splitlines()))[1:]


def test_a_scenario_that_cannot_be_read_has_no_prediction_of_before(four):
    cards = four.locator(".scenario")
    runtime = cards.nth(1).get_by_role("textbox", name="runtime")
    runtime.fill("long")
    settled(four)
    expect(cards.nth(1).locator(".prediction")).to_have_count(0)
    lines = exported(four)
    assert ["runtime: long" in line[3] for line in lines] == [False, True, False, False]
    assert [any(line[-5:]) for line in lines] == [True, False, True, True]
    runtime.fill("90")  # and what is predicted of the newest edit is exported, though it isn't shown yet
    predicted = exported(four)[1][-5]
    settled(four)
    assert round(float(predicted), 2) == float(cards.nth(1).locator(".prediction").inner_text().split()[0])
    cards.nth(0).get_by_role("textbox", name="runtime").fill("long")
    settled(four)
    expect(four.get_by_text("against the first")).to_have_count(0)


def test_going_back_keeps_the_scenarios_and_another_link_gives_way_to_them(four):
    link = four.url
    four.go_back()
    expect(four.get_by_role("heading", name="Film", exact=True)).to_be_visible()
    four.get_by_role("link", name="Scenarios").click()
    expect(four.locator(".scenario")).to_have_count(4)
    four.reload()
    four.go_back()
    expect(four.get_by_role("heading", name="Film", exact=True)).to_be_visible()
    four.go_forward()
    expect(four.locator(".scenario")).to_have_count(4)
    script = """(content) => import('/page/link.js').then(({ linkTo }) => {
      location.hash = linkTo("film", content);
    })"""
    film = {"row": 34, "title": FILM, "edits": []}
    content = {"run": "small/version_0", "film": film, "scenarios": [{"name": "Theirs", "film": film}]}
    four.evaluate(script, content)
    expect(four.get_by_role("heading", name="Film", exact=True)).to_be_visible()
    four.get_by_role("link", name="Scenarios").click()
    expect(four.locator(".scenario")).to_have_count(1)
    four.go_back()
    four.go_back()
    expect(four.locator(".scenario")).to_have_count(4)
    assert four.url == link


def test_a_broken_link_and_those_of_others_are_told_in_words(opened, address):
    page = opened(f"{address}/#scenarios/abc")
    expect(page.get_by_role("alert")).to_contain_text("not whole")
    film = {"row": 34, "title": FILM, "edits": []}
    for content, words in (
        ({"run": "another", "film": film, "scenarios": []}, "made with the run another"),
        ({"run": "small/version_0", "film": {**film, "row": 9999}, "scenarios": []}, "no film in row 9999"),
        ({"run": "small/version_0"}, "can't be restored"),
    ):
        script = "(content) => import('/page/link.js').then(({ linkTo }) => linkTo('film', content))"
        page = opened(f"{address}/{page.evaluate(script, content)}")
        expect(page.get_by_role("alert")).to_contain_text(words)
        settled(page)
