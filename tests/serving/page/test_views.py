"""The other views, and what holds for all: they fit, keys and screen readers read them, nothing lacks silently."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from greenlight_films.serving.app import PAGE
from tests.browser import serious_faults
from tests.serving.page.conftest import choose, number, open_film, settled, waterfall_of


def test_the_best_additions_are_put_into_the_film(opened):
    page = opened()
    open_film(page)
    before = waterfall_of(page)[-1]
    page.get_by_role("link", name="Who moves it").click()
    page.get_by_role("combobox", name="Role").first.select_option("director")
    rows = page.get_by_role("region", name="What the model says of the film").locator("tbody tr")
    expect(rows.first).to_contain_text("Dé Dür")
    changes = [number(text) for text in rows.locator("td:nth-child(3)").all_inner_texts()]
    assert changes == sorted(changes, reverse=True)
    assert changes[-1] >= 0
    predicted = number(rows.first.locator("td:nth-child(4)").inner_text())
    assert "no cause" in page.locator("section").first.inner_text()
    page.get_by_role("button", name="Put in Dé Dür").click()
    expect(rows.filter(has_text="Dé Dür")).to_have_count(0)
    page.get_by_role("link", name="Film", exact=True).click()
    settled(page)
    assert waterfall_of(page)[-1] == predicted > before
    expect(page.get_by_role("group", name="director").locator(".chip")).to_have_count(2)


def test_a_name_that_is_put_in_tells_its_films_wherever_it_goes(opened):
    page = opened()
    open_film(page)
    page.get_by_role("link", name="Who moves it").click()
    page.get_by_role("combobox", name="Role").first.select_option("cast")
    row = page.get_by_role("region", name="What the model says of the film").locator("tbody tr").first
    name, films = row.locator("th").inner_text(), row.locator("td").first.inner_text()
    page.get_by_role("button", name=f"Put in {name}").click()
    page.get_by_role("link", name="Film", exact=True).click()
    page.get_by_role("button", name="Copy into scenarios").click()
    page.get_by_role("link", name="Scenarios").click()
    for other in (page, opened(page.url)):
        chip = other.locator(".scenario .chip").filter(has_text=name)
        expect(chip).to_contain_text(f"{films} films")
        other.get_by_role("link", name="Film", exact=True).click()
        expect(other.locator(".film .chip").filter(has_text=name)).to_contain_text(f"{films} films")


def test_a_name_is_said_to_replace_where_a_column_holds_one(opened):
    page = opened()
    open_film(page)
    company = page.get_by_role("group", name="company").locator(".chip span").first.inner_text()
    page.get_by_role("link", name="Who moves it").click()
    section, role = page.locator("section").first, page.get_by_role("combobox", name="Role").first
    role.select_option("company")
    expect(section).to_contain_text("Which company would move this film most")
    expect(section).to_contain_text(f"Each name replaces {company} as its company, and it is predicted anew.")
    page.get_by_role("combobox", name="Names that").select_option("lower")
    expect(page.locator("main")).to_contain_text("in place of any that it has")
    expect(section).not_to_contain_text(re.compile("add|more", re.IGNORECASE))
    role.select_option("cast")
    expect(section).to_contain_text("Whose addition would move this film most")
    expect(section).to_contain_text("Each name is added to it, and it is predicted anew.")


def test_names_are_asked_for_in_whole_numbers_of_films(opened, address):
    page = opened(f"{address}/#movers")
    least, note = page.get_by_label("In at least so many films"), page.locator("section .note").first
    for typed, taken in (("0", "1"), ("-5", "1"), ("2.5", "3"), ("", "1"), ("7", "7")):
        with page.expect_request("**/best") as asked:
            least.fill(typed)
            least.press("Tab")
        assert asked.value.post_data_json["min_films"] == int(taken)
        expect(least).to_have_value(taken)
        expect(note).to_have_text("" if typed == taken else f"Whole numbers from 1 on: {taken} is taken.")


@pytest.mark.parametrize("width", [720, 800, 1280])
def test_large_numbers_fit_and_a_name_is_put_in_without_scrolling_sideways(opened, address, width):
    page = opened(width=width)

    def in_money(route):
        answer = route.fetch().json()
        for each in answer["candidates"]:
            each.update(prediction=1.138e8, difference=4.145e7)
            each["intervals"] = [{**interval, "lower": 2.85e7, "upper": 4.54e8} for interval in each["intervals"]]
        route.fulfill(json=answer)

    def squared(route):
        answer = route.fetch().json()
        for row in answer["rows"]:
            row.update({name: row[name] and row[name] * 1e16 for name in ("importance", "low_95", "high_95")})
        route.fulfill(json=answer)

    shape = {**page.request.get(f"{address}/run").json(), "unit": "USD", "transform": "log1p"}
    page.route("**/run", lambda route: route.fulfill(json=shape))
    page.route("**/best", in_money)
    page.route("**/importance?*", squared)
    page.goto(f"{address}/#movers")
    page.reload()
    put_in = page.get_by_role("button", name="Put in").first
    expect(put_in).to_be_visible()
    box, table = put_in.bounding_box(), page.get_by_role("region", name="What the model says").bounding_box()
    assert box["x"] + box["width"] <= table["x"] + table["width"] <= width
    importances = page.get_by_role("region", name="Importance")
    expect(importances.locator("tbody tr").first).to_contain_text(re.compile(r"\d\.\d\d×10¹"))
    ticks = [tick.bounding_box() for tick in importances.locator(".ticks text").all()]
    assert len(ticks) > 1
    assert all(left["x"] + left["width"] < right["x"] for left, right in pairwise(ticks))


def test_importances_are_narrowed_by_role_and_name(opened, address):
    page = opened(f"{address}/#movers")
    rows = page.get_by_role("region", name="Importance").locator("tbody tr")
    page.get_by_role("searchbox", name="Search").fill("director=")
    expect(rows).to_have_count(4)
    page.get_by_role("searchbox", name="Search").fill("")
    page.get_by_role("combobox", name="Role").last.select_option("genre")
    expect(rows.first).to_contain_text("genre")
    assert set(rows.locator("td:nth-child(2)").all_inner_texts()) == {"genre"}
    page.get_by_role("searchbox", name="Search").fill("no such name")
    expect(page.get_by_text("Nothing has this in its name.")).to_be_visible()


def test_how_good_it_is_shows_models_calibration_and_coverage(opened, address):
    page = opened(f"{address}/#goodness")
    models = page.get_by_role("region", name="Errors on test films").get_by_role("rowheader")
    expect(models).to_have_count(3)
    assert {"mlp, this network", "ridge", "mean"} == set(models.all_inner_texts())
    expect(page.get_by_role("img", name="Predicted and actual").locator("circle")).to_have_count(45)
    expect(page.get_by_role("img", name="Mean actual").locator("circle")).to_have_count(10)
    covered = page.get_by_role("region", name="Films in their interval of 80 of 100, all test films")
    expect(covered.get_by_role("cell").first).to_have_text("45")
    page.get_by_role("combobox", name="Interval").select_option("95")
    expect(page.get_by_role("region", name="Films in their interval of 95 of 100, by prediction")).to_be_visible()


def test_the_keyboard_alone_is_enough(opened):
    page = opened()
    settled(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    box = page.get_by_role("combobox", name="Search a film")
    expect(box).to_be_focused()
    page.keyboard.type("film 3")
    page.wait_for_timeout(500)
    expect(box).to_have_attribute("aria-expanded", "true")
    first = box.get_attribute("aria-activedescendant")
    page.keyboard.press("ArrowDown")
    second = box.get_attribute("aria-activedescendant")
    assert first != second
    title = page.locator(f"#{second} span").first.inner_text()
    expect(page.locator(f"#{second}")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator(".title")).to_have_text(title)
    expect(box).to_have_attribute("aria-expanded", "false")
    settled(page)
    page.get_by_role("button", name=re.compile("Take out")).last.focus()
    page.keyboard.press("Enter")
    directors = page.get_by_role("combobox", name="director")
    expect(directors).to_be_focused()
    page.keyboard.type("zzz")
    expect(directors).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(directors).to_have_attribute("aria-expanded", "false")
    settled(page)
    page.get_by_role("button", name="Copy into scenarios").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copy into scenarios")).to_be_focused()
    page.get_by_role("link", name="Scenarios").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Scenarios")).to_be_focused()
    expect(page.locator(".scenario")).to_have_count(1)


LOOKS = [("light", 390), ("dark", 1280)]
OTHER_LOOKS = [("light", 1280), ("light", 1600), ("dark", 390), ("dark", 1600)]


@pytest.mark.parametrize(
    ("scheme", "width"), [*LOOKS, *(pytest.param(*look, marks=pytest.mark.slow) for look in OTHER_LOOKS)]
)
def test_views_fit_and_axe_names_nothing_serious(opened, scheme, width):
    page = opened(width=width, scheme=scheme)
    open_film(page)
    page.get_by_role("textbox", name="year").fill("2090")
    choose(page.get_by_role("combobox", name="cast"), "New Comer", "New Comer")
    settled(page)
    for _ in range(4):
        page.get_by_role("button", name="Copy into scenarios").click()
    views = {"film": ".waterfall", "scenarios": ".prediction", "movers": ".pages", "goodness": ".points"}
    for view, content in views.items():
        page.click(f"nav a[data-view={view}]")
        page.wait_for_selector(f"main {content}")
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
        assert serious_faults(page) == [], view
        levels = [
            int(tag[1]) for tag in page.locator("h1, h2, h3").evaluate_all("(all) => all.map((tag) => tag.tagName)")
        ]
        assert (levels[0], levels.count(1)) == (1, 1)
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_what_a_run_lacks_is_a_sentence_in_the_view(opened, address):
    page = opened()
    lacking = {part: f"No {part} here." for part in ("films", "intervals", "contributions", "importance")}

    def bare(route):
        answer = route.fetch().json()
        for prediction in (answer["before"], answer["after"]):
            prediction.update(intervals=[], contributions=None, average=None)
        route.fulfill(json=answer)

    shape = {**page.request.get(f"{address}/run").json(), "sentences": lacking, "has_interval": []}
    nothing = {"sentences": [], "leaderboard": [], "points": [], "calibration": [], "coverage": []}
    page.route("**/run", lambda route: route.fulfill(json=shape))
    page.route("**/what-if", bare)
    page.route("**/goodness", lambda route: route.fulfill(json=nothing))
    page.reload()
    for part in ("films", "intervals", "contributions"):
        expect(page.get_by_text(lacking[part])).to_be_visible()
    page.get_by_role("link", name="Who moves it").click()
    expect(page.get_by_text(lacking["importance"])).to_be_visible()
    page.get_by_role("link", name="How good is it").click()
    for sentence in ("No scores", "No test films were predicted", lacking["intervals"]):
        expect(page.get_by_text(sentence).first).to_be_visible()


def test_the_page_has_nothing_inline_and_sets_no_markup_from_data():
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html) == []
    modules = sorted(PAGE.glob("*.js"))
    assert len(modules) > 8
    for module in modules:
        text = module.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 300, module.name
        assert re.findall(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(", text) == [], module.name
