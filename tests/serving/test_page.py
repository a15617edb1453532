"""The page of `serve` in a real browser, on a small run: what a reader sees and does, with keys alone too."""

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise, product
from pathlib import Path
from socket import create_server
from types import SimpleNamespace
from urllib.parse import urlsplit

import numpy as np
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from greenlight_films.serving.app import PAGE, application
from greenlight_films.serving.guard import Guard
from greenlight_films.serving.served_run import ServedRun
from greenlight_films.studies.run_folder import RunFolder
from tests.conftest import STUDY, awkward_films

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: install Debian's package of that name")

PATIENCE = 30_000  # milliseconds, on a busy machine
VIEWS = ("film", "scenarios", "movers", "goodness")
EVIL = "<img src=x onerror=alert(1)>"
DIRECTORS = ["Ann Able", "Bo Brave", EVIL, "Dé Dür"]


@pytest.fixture(scope="module")
def address(command, tmp_path_factory) -> Iterator[str]:
    """Return where a small study is served; its films have a director each, whose work differs by 1 point."""
    folder = tmp_path_factory.mktemp("page")
    films = awkward_films()
    codes = np.random.default_rng(5).integers(0, len(DIRECTORS), len(films))
    films["director"] = np.array(DIRECTORS)[codes]
    films["rating"] += codes
    films.loc[30, "title"] = f"Evil {EVIL}"
    films.to_csv(folder / "films.csv", index=False)
    director = "    - {class_path: Labels, init_args: {column: director}}\n  split:"
    study = STUDY.format(table=folder / "films.csv").replace("  split:", director).replace("[ridge, pca]", "[ridge]")
    (folder / "study.yaml").write_text(study.replace("max_epochs: 4", "max_epochs: 30"), encoding="utf-8")
    answer = command("study", "--config", folder / "study.yaml", "--runs", folder / "runs")
    assert answer.code == 0, answer.err
    with served(folder / "runs/small/version_0") as address:
        yield address


class served:
    """Serves a run as `serve` does, in a thread."""

    def __init__(self, run: Path) -> None:
        self.listening = create_server(("127.0.0.1", 0))
        host = f"127.0.0.1:{self.listening.getsockname()[1]}"
        self.address = f"http://{host}"
        guarded = Guard(application(ServedRun.open(RunFolder.open(run))), [host])
        self.server = uvicorn.Server(uvicorn.Config(guarded, log_level="warning", access_log=False))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listening]})

    def __enter__(self) -> str:
        self.thread.start()
        return self.address

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join()
        self.listening.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@pytest.fixture
def opened(browser, address) -> Iterator[Callable[..., Page]]:
    """Return what opens the page at an address, as another browser would; at the end nothing was complained of."""
    seen = SimpleNamespace(errors=[], requests=[])
    contexts = []

    def open_page(link: str = "", width: int = 1280, scheme: str = "light") -> Page:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("dialog", lambda dialog: seen.errors.append(dialog.message))
        page.goto(link or address)
        page.wait_for_selector("h2")
        return page

    yield open_page
    for context in contexts:
        context.close()
    refused = [error for error in seen.errors if "status of 422" not in error]  # Chromium's own line on a refusal
    assert refused == []
    assert {f"http://{urlsplit(url).netloc}" for url in seen.requests if not url.startswith("blob:")} == {address}


def settled(page: Page) -> None:
    """Wait for the answers to what was edited."""
    expect(page.locator("main [aria-busy]")).to_have_count(0, timeout=PATIENCE)


def choose(box: Locator, typed: str, name: str) -> None:
    """Type into a combobox and take a name that it offers."""
    box.fill(typed)
    box.locator("xpath=../ul").get_by_role("option").filter(has_text=name).first.click()


def open_film(page: Page, title: str = "Film 33") -> None:
    choose(page.get_by_role("combobox", name="Search a film"), title, title)
    expect(page.locator(".title")).to_have_text(title, timeout=PATIENCE)
    settled(page)


def director_of(page: Page) -> str:
    return page.get_by_role("group", name="director").locator(".chip > span").first.inner_text()


def number(text: str) -> Decimal:
    return Decimal(re.search(r"[+−]?[\d.]+", text)[0].replace("−", "-"))


def assert_adds_up(page: Page) -> list[Decimal]:
    """Check that the numbers of the waterfall, as they stand, add up to the prediction; return them."""
    first, *changes, last = [number(text) for text in page.locator(".waterfall .steps").all_inner_texts()]
    assert len(changes) > 3
    assert first + sum(changes) == last == number(page.locator(".result .prediction").inner_text())
    return [first, *changes, last]


def test_another_director_changes_prediction_interval_and_waterfall(opened):
    page = opened()
    open_film(page)
    before = assert_adds_up(page)
    director = director_of(page)
    other = next(name for name in ("Ann Able", "Dé Dür") if name != director)
    intervals = page.locator(".result dd").first.inner_text()
    page.get_by_role("button", name=f"Take out {director}").click()
    settled(page)
    without = assert_adds_up(page)
    choose(page.get_by_role("combobox", name="director"), other.split()[0].lower(), other)
    settled(page)
    after = assert_adds_up(page)
    assert (before[0], without[0]) == (after[0], after[0])  # the average film
    assert len({before[-1], without[-1], after[-1]}) == 3
    assert page.locator(".result dd").first.inner_text() != intervals
    assert other in page.locator(".waterfall").inner_text()
    assert f"director: {other} in place of {director}" in page.locator(".edits").inner_text()
    moved = number(page.locator(".result dd").last.inner_text())
    assert abs(moved - (after[-1] - before[-1])) <= Decimal("0.01")  # both are rounded
    page.get_by_label("Parts").select_option("columns")
    assert_adds_up(page)
    page.get_by_role("button", name="Undo all changes").click()
    settled(page)
    assert assert_adds_up(page) == before


def test_an_empty_film_is_filled_in_and_what_the_model_does_not_know_is_marked(opened):
    page = opened()
    settled(page)
    year, actors = page.get_by_label("year"), page.get_by_role("combobox", name="cast")
    year.fill("2090")
    choose(actors, "Nobody Known", "Nobody Known")
    choose(page.get_by_role("combobox", name="company"), "ac", "Acme")
    settled(page)
    expect(page.get_by_role("group", name="year")).to_contain_text("Beyond what was seen: 1960 to 2019.")
    expect(page.locator(".chip.unknown")).to_contain_text("Nobody Known")
    expect(page.get_by_role("group", name="company").locator(".chip")).to_contain_text("Acme")
    assert_adds_up(page)
    year.fill("soon")
    settled(page)
    expect(page.get_by_role("group", name="year").locator(".problem")).to_contain_text("must hold numbers")
    assert year.get_attribute("aria-invalid") == "true"
    year.fill("1999")
    settled(page)
    assert page.locator(".problem:visible").count() == 0


def test_names_that_would_act_are_shown_and_inert(opened):
    page = opened()
    open_film(page, "Evil")
    choose(page.get_by_role("combobox", name="director"), "img", EVIL)
    settled(page)
    assert EVIL in page.locator(".fields").inner_text()
    assert page.locator("main img").count() == 0


def test_of_several_answers_the_last_edit_counts(opened):
    page = opened()
    settled(page)
    asked = []

    def slowly(route):
        asked.append(json.loads(route.request.post_data))
        if len(asked) == 1:
            page.wait_for_timeout(600)
        route.continue_()

    page.route("**/what-if", slowly)
    page.get_by_label("year").fill("1970")
    page.wait_for_function("document.querySelector('main [aria-busy]')")
    page.wait_for_timeout(300)
    page.get_by_label("year").fill("2010")
    settled(page)
    page.wait_for_timeout(500)
    assert "2010 year" in page.locator(".waterfall").inner_text().replace("\n", " ")


def test_four_scenarios_are_marked_exported_and_restored_by_their_link(opened):
    page = opened()
    open_film(page)
    director = director_of(page)
    for _ in range(3):
        page.get_by_role("button", name="Copy into scenarios").click()
    page.get_by_role("link", name="Scenarios").click()
    page.get_by_role("button", name="Copy scenario A").click()
    cards = page.locator(".scenario")
    expect(cards).to_have_count(4)
    assert page.get_by_role("button", name="Copy scenario A").is_disabled()
    cards.nth(1).get_by_role("button", name=f"Take out {director}").click()
    cards.nth(2).get_by_label("year").fill("1961")
    choose(cards.nth(3).get_by_role("combobox", name="cast"), "New Comer", "New Comer")
    cards.nth(3).get_by_label("Name").fill("=newcomer")
    settled(page)
    assert [card.locator(".differs:visible").count() for card in cards.all()] == [0, 1, 1, 1]
    expect(cards.nth(3).locator(".chip.new.unknown")).to_contain_text("New Comer")
    predictions = page.locator(".scenario .prediction").all_inner_texts()
    assert len(set(predictions[:3])) == 3
    for link in (page.url, page.url):
        other = opened(link)
        settled(other)
        expect(other.locator(".scenario .prediction")).to_have_text(predictions, timeout=PATIENCE)
        assert other.locator(".scenario").nth(3).get_by_label("Name").input_value() == "=newcomer"
        assert [card.locator(".differs:visible").count() for card in other.locator(".scenario").all()] == [0, 1, 1, 1]
    page.reload()
    expect(page.locator(".scenario .prediction")).to_have_text(predictions, timeout=PATIENCE)
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[0].startswith(
        "scenario,film,row,edits,year,runtime,genre,cast,company,director,predicted rating,lower_80"
    )
    assert [line.split(",")[0] for line in lines[1:]] == ["A", "B", "C", "'=newcomer"]  # no formula
    assert f"director: without {director}" in lines[2]
    assert len(lines) == 5


def test_a_broken_link_and_one_of_another_run_are_told_in_words(opened, address):
    page = opened(f"{address}/#scenarios/abc")
    expect(page.get_by_role("alert")).to_contain_text("not whole")
    page = opened()
    open_film(page)
    content = page.evaluate("import('/page/link.js').then(({ readLink }) => readLink().content)")
    link = page.evaluate(
        "(content) => import('/page/link.js').then(({ linkTo }) => linkTo('film', content))",
        {**content, "run": "other"},
    )
    page = opened(f"{address}/{link}")
    expect(page.get_by_role("alert")).to_contain_text("made with the run other")
    expect(page.locator(".title")).to_have_text("Film 33")
    link = page.evaluate(
        "(content) => import('/page/link.js').then(({ linkTo }) => linkTo('film', content))",
        {**content, "film": {**content["film"], "row": 9999}},
    )
    page = opened(f"{address}/{link}")
    expect(page.get_by_role("alert")).to_contain_text("no film in row 9999")


def test_the_best_additions_are_put_into_the_film(opened):
    page = opened()
    open_film(page)
    before = number(page.locator(".result .prediction").inner_text())
    page.get_by_role("link", name="Who moves it").click()
    page.get_by_label("Role").first.select_option("cast")
    table = page.get_by_role("region", name="What the model says of the film")
    first = table.locator("tbody tr").first
    expect(first.get_by_role("cell").first).to_have_text(re.compile(r"^\d+$"))
    predicted = number(first.get_by_role("cell").nth(2).inner_text())
    changes = [number(text) for text in table.locator("tbody tr td:nth-child(3)").all_inner_texts()]
    assert changes == sorted(changes, reverse=True)
    assert min(changes) >= 0
    assert "no cause" in page.locator("section").first.inner_text()
    name = first.get_by_role("rowheader").inner_text()
    first.get_by_role("button", name=f"Put in {name}").click()
    expect(page.locator("#announcement")).to_contain_text(name)
    page.get_by_role("link", name="Film", exact=True).click()
    settled(page)
    assert assert_adds_up(page)[-1] == predicted > before
    expect(page.get_by_role("group", name="cast")).to_contain_text(name)


def test_importances_are_narrowed_and_turned(opened, address):
    page = opened(f"{address}/#movers")
    table = page.get_by_role("region", name="Importance")
    page.get_by_label("Search").fill("director=")
    expect(table.locator("tbody tr")).to_have_count(4)
    page.get_by_label("Search").fill("")
    page.get_by_label("Role").last.select_option("genre")
    expect(table.locator("tbody td:nth-child(2)")).to_have_text(["genre"] * table.locator("tbody tr").count())
    page.get_by_label("Search").fill("no such name")
    expect(page.get_by_text("Nothing has this in its name.")).to_be_visible()


def test_how_good_it_is_shows_models_calibration_and_coverage(opened, address):
    page = opened(f"{address}/#goodness")
    board = page.get_by_role("region", name="Errors on test films").locator("tbody tr")
    assert board.first.get_by_role("rowheader").inner_text() == "mlp, this network"
    films = page.get_by_role("img", name="Predicted and actual").locator("circle").count()
    assert films == 45
    assert page.get_by_role("img", name="Mean actual").locator("circle").count() == 10
    covered = page.get_by_role("region", name="Films in their interval of 80 of 100, all test films").locator(
        "tbody tr"
    )
    assert covered.locator("td").first.inner_text() == str(films)
    page.get_by_label("Interval").select_option("95")
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
    expect(box).to_have_attribute("aria-expanded", "true")
    first = box.get_attribute("aria-activedescendant")
    page.keyboard.press("ArrowDown")
    second = box.get_attribute("aria-activedescendant")
    assert first != second
    title = page.locator(f"#{second} span").first.inner_text()
    assert page.locator(f"#{second}").get_attribute("aria-selected") == "true"
    page.keyboard.press("Enter")
    expect(page.locator(".title")).to_have_text(title)
    expect(box).to_have_attribute("aria-expanded", "false")
    settled(page)
    page.get_by_role("button", name=re.compile("Take out")).last.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="director")).to_be_focused()
    page.keyboard.type("zzz")
    expect(page.get_by_role("combobox", name="director")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox", name="director")).to_have_attribute("aria-expanded", "false")
    settled(page)
    page.get_by_role("button", name="Copy into scenarios").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copy into scenarios")).to_be_focused()
    page.get_by_role("link", name="Scenarios").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Scenarios")).to_be_focused()
    expect(page.locator(".scenario")).to_have_count(1)


@pytest.mark.parametrize(("width", "scheme"), product((390, 1280), ("light", "dark")))
def test_views_fit_and_axe_has_nothing_serious_to_say(opened, width, scheme):
    page = opened(width=width, scheme=scheme)
    open_film(page)
    page.get_by_label("year").fill("2090")
    choose(page.get_by_role("combobox", name="cast"), "New Comer", "New Comer")
    settled(page)
    for _ in range(4):
        page.get_by_role("button", name="Copy into scenarios").click()
    for view in VIEWS:
        page.click(f"nav a[data-view={view}]")
        page.wait_for_selector("main .waterfall, main .scenario .prediction, main .pages, main .points")
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
        violations = Axe().run(page).response["violations"]
        serious = [
            (fault["id"], fault["nodes"][0]["html"])
            for fault in violations
            if fault["impact"] in ("serious", "critical")
        ]
        assert serious == [], view
        levels = [
            int(name[1])
            for name in page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map((heading) => heading.tagName)")
        ]
        assert (levels[0], levels.count(1)) == (1, 1)
        assert all(after - before <= 1 for before, after in pairwise(levels))


def test_what_a_run_lacks_is_a_sentence_in_the_view(opened, address):
    page = opened()
    lacking = {part: f"No {part} here." for part in ("films", "intervals", "contributions", "importance")}

    def without(route):
        route.fulfill(json={**route.fetch().json(), "sentences": lacking, "has_interval": []})

    def bare(route):
        answer = route.fetch().json()
        for prediction in (answer["before"], answer["after"]):
            prediction.update(intervals=[], contributions=None, average=None)
        route.fulfill(json=answer)

    nothing = {"sentences": [], "leaderboard": [], "points": [], "calibration": [], "coverage": []}
    page.route("**/run", without)
    page.route("**/what-if", bare)
    page.route("**/goodness", lambda route: route.fulfill(json=nothing))
    page.goto(f"{address}/#film")
    page.reload()
    settled(page)
    for part in ("films", "intervals", "contributions"):
        expect(page.get_by_text(lacking[part])).to_be_visible()
    page.get_by_role("link", name="Who moves it").click()
    expect(page.get_by_text(lacking["importance"])).to_be_visible()
    page.get_by_role("link", name="How good is it").click()
    for sentence in ("No scores", "No test films were predicted", lacking["intervals"]):
        expect(page.get_by_text(sentence).first).to_be_visible()


def test_steps_of_a_waterfall_add_up_whatever_the_contributions(opened):
    page = opened()
    random = np.random.default_rng(2)
    cases = []
    for n in random.integers(1, 40, 200).tolist():
        changes = sorted(random.normal(0, 10.0 ** random.integers(-3, 2), n).tolist(), key=abs, reverse=True)
        cases.append({"changes": changes, "start": random.normal(6, 3)})
    results = page.evaluate(
        """async (cases) => {
        const { lines } = await import("/page/waterfall.js");
        return cases.map(({ changes, start }) => {
          const end = changes.reduce((sum, change) => sum + change, start);
          const [first, last] = [start, end].map((value) => Math.round(value / 0.01));
          return [first, last, lines(changes.map((change) => ["name", "", change]), first, last, 0.01)];
        });}""",
        cases,
    )
    for case, (first, last, lines) in zip(cases, results, strict=True):
        assert first + sum(steps for *_, steps in lines) == last
        shown = [change for change in case["changes"] if abs(change) > 0.005][:12]
        named = [steps for name, _, steps in lines if name == "name"]
        assert len(named) == len(shown)
        np.testing.assert_allclose(np.array(named) * 0.01, shown, atol=0.0151)


@pytest.mark.parametrize(
    ("run", "value", "words"),
    [
        ({"transform": "log1p", "shift": 0, "unit": "US dollars", "average": 17.2}, 285_123_144, "$285 million"),
        ({"transform": "log1p", "shift": 0, "unit": "US dollars", "average": 17.2}, 999_999, "$1 million"),
        ({"transform": "log1p", "shift": 0, "unit": "$", "average": 17.2}, 92_499.3, "$92,500"),
        ({"transform": "none", "shift": 0, "unit": "US dollars", "average": 8e7}, -1_249_000, "−$1.2 million"),
        ({"transform": "none", "shift": 0, "unit": "points", "average": 6.1}, 6.428, "6.43 points"),
        ({"transform": "log1p", "shift": 1, "unit": "profit / budget", "average": 1.1}, -0.5, "−0.5 profit / budget"),
        ({"transform": "none", "shift": 0, "unit": "", "average": 6.1}, None, "no number"),
    ],
)
def test_amounts_are_written_in_the_unit(opened, run, value, words):
    script = "([run, value]) => import('/page/format.js').then(({ Scale }) => new Scale(run).amount(value))"
    assert opened().evaluate(script, [run, value]) == words


def test_the_page_has_nothing_inline_and_its_modules_are_short():
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", html) == []
    modules = sorted(PAGE.glob("*.js"))
    assert len(modules) > 8
    for module in modules:
        text = module.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 300, module.name
        assert re.findall(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(", text) == [], module.name
