"""The page of a run, in a real browser and as a file: what a reader sees, and that data in it are inert."""

import json
import re
import shutil
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page
from rich.console import Console

from greenlight_films.importance.contributions import part_name
from greenlight_films.importance.result import MEAN_NOTHING
from greenlight_films.reports import feature_slices
from greenlight_films.reports.report import write_page
from greenlight_films.studies import long_tables
from greenlight_films.studies.artifacts import load_artifacts
from greenlight_films.studies.run_folder import RunFolder
from tests.browser import serious_faults
from tests.conftest import STUDY, UNLOGGED, awkward_films, refused
from tests.runs import plotly_of

EVIL = "<img src=x onerror=alert(1)>"
SCRIPT = "</script><script>alert(2)</script>"


def evil_films() -> pd.DataFrame:
    """Return awkward films, among them titles, genres and people that would act in a page that lets them."""
    films = awkward_films()
    films["title"] = [f"{EVIL} {row}" if row % 3 == 0 else f"Film {row}" for row in films.index]
    films["genre"] = films["genre"].str.replace("Western", EVIL, regex=False)
    films["cast"] = films["cast"].str.replace("Bo Li", SCRIPT, regex=False)
    return films


@pytest.fixture(scope="module")
def run(command, tmp_path_factory) -> Path:
    """Return the folder of a study with a page."""
    folder = tmp_path_factory.mktemp("report")
    evil_films().to_csv(folder / "films.csv", index=False)
    study = STUDY.format(table=folder / "films.csv").replace("[ridge, pca]", "[ols, ridge, knn, kmeans, pca]")
    config = folder / "study.yaml"
    config.write_text(study.replace("report: false", "report: true").replace("max_epochs: 4", "max_epochs: 30"))
    answer = command("study", "--config", config, "--runs", folder / "runs", *UNLOGGED)
    assert answer.code == 0, answer.err
    assert str(folder / "runs/small/version_0/report.html") in answer.out.replace("\n", "")
    return folder / "runs/small/version_0"


@pytest.fixture(scope="module")
def opened(browser, run) -> Callable[..., SimpleNamespace]:
    """Return what opens the run's page, with all that it asks for and complains of."""

    def open_page(width: int = 1280) -> SimpleNamespace:
        page = browser.new_page(viewport={"width": width, "height": 900}, offline=True)
        page.set_default_timeout(120_000)  # on a busy machine
        seen = SimpleNamespace(page=page, errors=[], requests=[], dialogs=[])
        page.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
        page.goto((run / "report.html").as_uri())
        return seen

    return open_page


@pytest.fixture(scope="module")
def drawn(opened) -> SimpleNamespace:
    """Return the page with every figure drawn: that takes long, so the tests share it."""
    seen = opened()
    draw_all(seen.page)
    return seen


def draw_all(page: Page) -> None:
    """Draw every figure, as before the page is printed."""
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function("[...document.querySelectorAll('.plot')].every((plot) => plot.querySelector('.main-svg'))")


def data_of(html: str, name: str) -> object:
    return json.loads(re.search(rf'<script type="application/json" id="{name}-data">(.*?)</script>', html, re.S)[1])


def overflowing(page: Page) -> list[str]:
    """Return the elements that stand out of the window."""
    return page.evaluate(
        """[document.documentElement, ...document.querySelectorAll("main *")].filter((element) =>
        !element.closest(".scroll, pre, .plot") && element.getBoundingClientRect().right > innerWidth + 1)
        .map((element) => element.tagName + element.className)"""
    )


@pytest.mark.slow
def test_figures_are_drawn_when_they_come_into_view(opened):
    page = opened().page
    assert page.locator(".plot .main-svg").count() < page.locator(".plot").count()
    page.locator(".plot").last.scroll_into_view_if_needed()
    page.wait_for_selector(".figures:last-child figure:last-child .main-svg", state="attached")


def test_the_page_loads_alone_without_an_error_and_has_a_light_and_a_dark_look(drawn, run):
    page = drawn.page
    assert page.locator(".plot").count() > 15
    assert drawn.requests == [(run / "report.html").as_uri()]
    for scheme, ground in {"dark": "rgb(18, 22, 27)", "light": "rgb(255, 255, 255)"}.items():
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
    assert drawn.errors == []


def test_titles_and_names_that_would_act_are_shown_and_inert(drawn):
    page = drawn.page
    page.fill("#film-search", EVIL)
    assert EVIL in page.inner_text("#film-summary h3")
    page.fill("#search", "onerror")
    assert EVIL in page.inner_text("#values-table tbody")
    assert page.locator("img").count() == 0
    assert (drawn.dialogs, drawn.errors) == ([], [])


def test_the_table_of_values_sorts_and_searches(drawn, run):
    page = drawn.page
    features = pd.read_csv(run / "Permu_importance_df.csv").dropna(subset=["importance"])

    def column(number: int) -> list[str]:
        return page.locator(f"#values-table tbody tr > :nth-child({number})").all_inner_texts()

    page.fill("#search", "")
    assert column(1) == features["feature"].head(25).tolist()
    page.click("#values-table thead button:text('films')")
    films = [int(text) for text in column(3)]
    assert films == sorted(films, reverse=True)
    assert page.get_attribute("#values-table th:nth-child(3)", "aria-sort") == "descending"
    page.fill("#search", "year")
    assert (column(1), page.inner_text("#match-count")) == (["year"], "1 value")
    page.fill("#search", "no such value")
    assert (column(1), page.inner_text("#match-count")) == ([], "0 values")


def test_a_long_rankings_search_finds_the_last_of_names_offline_and_says_when_its_folder_is_gone(copied, browser):
    random, n = np.random.default_rng(0), feature_slices.MOST * 3
    table, importance = pd.read_csv(copied / "Permu_importance_df.csv"), np.sort(random.normal(size=n))[::-1]
    names = [f"cast={EVIL} {rank}" if rank % 7 == 0 else f"cast=Ännchen Nr{rank}" for rank in range(n)]
    kinds = {"column": "cast", "value": names, "role": "actor", "level": "value"}
    long = pd.DataFrame({"feature": names, **kinds, "importance": importance, "n_films": random.integers(1, 9, n)})
    numbers = [name for name in table if name not in long]
    long[numbers] = random.random((n, len(numbers)))
    RunFolder(copied).write_all(long_tables.table_files("Permu_importance_df", long_tables.in_blocks(long)))
    page, errors, name = browser.new_page(offline=True), [], "films #1.html"
    write_page([RunFolder(copied)], copied / name, Console(quiet=True))
    assert len((copied / name).read_bytes()) < 5e6
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(dialog.message))
    page.goto((copied / name).as_uri())

    def searched(words: str, about: str) -> list[str]:
        page.fill("#search", words)
        page.wait_for_function("(about) => document.getElementById('match-count').textContent === about", arg=about)
        return page.locator("#values-table tbody tr").all_inner_texts()

    (line,) = searched(f"ännchen nr{n - 2} ACTOR", "1 value")
    feature, role, films, _, shown, *_ = line.split("\t")
    assert (feature, role, int(films)) == (f"cast=Ännchen Nr{n - 2}", "actor", long["n_films"].iloc[-2])
    assert "too few" in shown or float(shown) == float(f"{importance[-2]:.3g}")
    assert len(searched("onerror", f"{n // 7 + 1:,} values; here are the 200 most important")) == 25
    assert searched("nobody", "0 values") == []
    assert len(searched("", "200 values")) == 25
    shutil.rmtree(copied / "films #1_features")
    page.reload()
    searched("x", "The folder films #1_features must lie beside this page: it holds all values.")
    assert errors == []


def test_the_explorer_shows_what_moved_a_film(drawn, run):
    page = drawn.page
    predictions = pd.read_csv(run / "predictions.csv").query("split == 'test' and title.str.startswith('Film')")
    page.select_option("#film-level", label="values")
    moved = pd.read_parquet(run / "contributions.parquet").astype({"column": "object", "value": "object"})
    for film in predictions.head(5).itertuples():
        page.fill("#film-search", film.title)
        page.select_option("#film", label=film.title)
        assert page.inner_text("#film-summary h3") == film.title
        assert f"Predicted {film.predicted:.2f} points" in page.inner_text("#film-summary p")
        first, *names, last = page.locator(".moved span:first-child").all_inner_texts()
        assert (first, last) == ("average prediction", "prediction")
        mine = moved[moved["row"] == film.row]
        parts = [part_name(*pair) for pair in zip(mine["column"], mine["value"], strict=True)]
        assert set(names) <= {*parts, f"{len(parts) - 15} others"}
        assert names[0] == parts[0]
        for level in ("values", "whole columns", "roles"):
            page.select_option("#film-level", label=level)
            texts = page.locator(".moved span:last-child").all_inner_texts()
            average, *changes, total = (Decimal(text.replace("−", "-")) for text in texts)
            assert average + sum(changes) == total == Decimal(f"{film.predicted:.2f}")
        assert set(page.locator(".moved span:first-child").all_inner_texts()) <= {
            *("average prediction", "prediction", "number", "year", "runtime", "genre", "actor", "company")
        }
        page.select_option("#film-level", label="values")
    page.fill("#film-search", "no such film")
    assert "No film has" in page.inner_text("#film-summary")


def test_a_film_stands_with_its_intervals(drawn, run):
    page, films = drawn.page, pd.read_csv(run / "predictions.csv").query("split == 'test'")
    film = next(films[films["title"].str.startswith("Film").fillna(False)].itertuples())
    page.fill("#film-search", film.title)
    page.select_option("#film", label=film.title)
    low, high = (float(f"{end:.3g}") for end in (film.lower_80, film.upper_80))
    assert f"(80 %: {low:g} points to {high:g} points" in page.inner_text("#film-summary p")
    assert page.locator(".around span").first.inner_text() == "80 % interval"
    spans = page.evaluate(
        """[...document.querySelectorAll(".moved.whole .bar i, .around .bar i")].map((mark) =>
        [mark.getBoundingClientRect().left, mark.getBoundingClientRect().right])"""
    )
    _, own, around, *_ = spans
    assert around[0] < own[0] < own[1] < around[1]


def options_of(page: Page, at: int) -> list[str]:
    return page.locator(f"#scenario-{at} option").all_inner_texts()


def value_of(page: Page, name: str) -> float:
    return float(page.get_attribute(f"#scenario-{name}", "value"))


@pytest.fixture(scope="module")
def best(command, run, browser, tmp_path_factory) -> SimpleNamespace:
    """Return the page of the same study with the preset `best`: three networks, inputs of labels, numbers of names."""
    runs, config = tmp_path_factory.mktemp("best"), run.parents[2] / "study.yaml"
    quick = ["--preset", "best", "--trainer.max_epochs", 3, "--compare.models", "[]", "--model.heads", 2, *UNLOGGED]
    answer = command("study", "--config", config, "--runs", runs, *quick)
    assert answer.code == 0, answer.err
    path = runs / "small/version_0"
    page, errors = browser.new_page(offline=True), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((path / "report.html").as_uri())
    return SimpleNamespace(page=page, path=path, errors=errors)


@pytest.mark.parametrize("which", ["seed", "best"])
def test_changed_films_are_predicted_as_by_the_network(which, drawn, best, run):
    page, path = (drawn.page, run) if which == "seed" else (best.page, best.path)
    artifacts = load_artifacts(path / "artifacts", ["mlp"])
    network, table = artifacts.models["mlp"], pd.read_csv(run.parents[2] / "films.csv")
    deviation = artifacts.scale.std
    titles = [title for title in page.locator("#scenario-film option").all_inner_texts() if title.startswith("Film")]
    for title in [title for title in titles if (table["title"] == title).sum() == 1][:4]:
        film = table[table["title"] == title].copy()
        page.select_option("#scenario-film", label=title)
        own = network.predict(artifacts.encode(film))[0]
        assert value_of(page, "before") == pytest.approx(own, abs=1e-4 * deviation)
        for at, column in enumerate(("genre", "cast", "company")):
            label = options_of(page, at)[-1]
            page.select_option(f"#scenario-{at}", label=label)
            page.click(f"#scenario-cells fieldset:nth-child({at + 1}) .controls button")
            before = "" if column == "company" or film[column].isna().any() else f"{film[column].iloc[0]}, "
            film[column] = f"{before}{label}"
            expected = network.predict(artifacts.encode(film))[0]
            assert value_of(page, "after") == pytest.approx(expected, abs=1e-4 * deviation)
        chip = page.locator("#scenario-cells fieldset:first-child .chips button").first
        gone = chip.inner_text().removesuffix(" ×")
        chip.click()
        film["genre"] = ", ".join(name for name in film["genre"].iloc[0].split(", ") if name != gone) or None
        expected = network.predict(artifacts.encode(film))[0]
        assert value_of(page, "after") == pytest.approx(expected, abs=1e-4 * deviation)
        assert abs(expected - own) > 1e-3 * deviation
        page.click("#scenario-reset")
        assert page.locator("#scenario-after").count() == 0
    assert (drawn.errors, best.errors) == ([], [])


def test_scenarios_are_played_by_keyboard_alone(drawn):
    page = drawn.page
    page.focus("#scenario-film")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.tagName") != "SELECT":
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#scenario-after").count() == 1
    assert page.evaluate("document.activeElement.id") == "scenario-0"
    buttons = page.locator("#scenarios button").all()
    assert all(button.get_attribute("aria-label") or button.inner_text() for button in buttons)
    page.click("#scenario-reset")


def test_a_study_leaves_a_card_that_stands_in_the_page_too(run, command, tmp_path):
    card, html = (run / "model_card.md").read_text(encoding="utf-8"), (run / "report.html").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", card, re.MULTILINE)
    assert len(headings) == 8
    assert all(f"<h3>{heading}</h3>" in html for heading in headings)
    assert EVIL not in card
    assert EVIL not in html.split('id="card"')[1].split("</section>")[0]
    copied = Path(shutil.copytree(run, tmp_path / "version_0"))
    (copied / "model_card.md").unlink()
    assert command("test", "--run", copied).code == 0
    assert "## How good it is" in (copied / "model_card.md").read_text(encoding="utf-8")


def test_nothing_overflows_and_headings_figures_controls_and_tables_have_names(drawn):
    page = drawn.page
    assert overflowing(page) == []
    headings = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map((heading) => heading.tagName)")
    levels = [int(name[1]) for name in headings]
    assert (levels[0], levels.count(1)) == (1, 1)
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.locator(".plot:not([aria-label]), .plot[aria-label='']").count() == 0
    assert page.evaluate("[...document.querySelectorAll('input, select')].every((field) => field.labels.length === 1)")
    assert page.get_attribute("html", "lang") == "en"
    assert page.evaluate("document.querySelector('a, button, input').className") == "skip"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_names_nothing_serious(drawn, scheme):
    drawn.page.emulate_media(color_scheme=scheme)
    assert serious_faults(drawn.page) == []


@pytest.fixture
def copied(run, tmp_path) -> Path:
    """Return a copy of the run, in a folder with a blank in its name."""
    return Path(shutil.copytree(run, tmp_path / "small films" / "version 0"))


def page_of(command, run: Path) -> str:
    answer = command("report", "--run", run)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.replace("\n", "") == str(run / "report.html")
    return (run / "report.html").read_text(encoding="utf-8")


def test_the_page_is_small_enough_to_mail_and_begins_with_how_good_it_is_and_what_it_rests_on(run):
    html = (run / "report.html").read_text(encoding="utf-8")
    assert plotly_of(html).count("plotly.js v") == 1
    assert len(html.encode()) < 8e6
    assert "<script>alert(2)" not in html
    features = pd.read_csv(run / "Permu_importance_df.csv").dropna(subset=["importance"])
    assert len(data_of(html, "values")) == len(features)
    (top,) = re.findall(r'<p class="lede">(.*?)</p>', html, re.S)
    assert top.startswith(
        "Models learnt rating (points) from 123 films; 30 others chose epochs and settings, and 45 others"
    )
    assert re.search(r"Errors of the network are \d+% smaller than those of guessing the mean \(95 % interval: ", top)
    assert "predictions rest most on" in top
    assert "Read this first" not in html


def test_a_model_no_better_than_the_mean_is_the_first_thing_on_the_page(command, copied):
    metrics, importance = (json.loads((copied / f"{name}.json").read_text()) for name in ("metrics", "importance"))
    metrics["verdict"] |= {"r2": -0.1, "spearman_low": -0.1, "skill_low": -0.2}
    (copied / "metrics.json").write_text(json.dumps(metrics))
    (copied / "importance.json").write_text(json.dumps({**importance, "warning": MEAN_NOTHING}))
    html = page_of(command, copied)
    assert html.index("no better than guessing the mean") < html.index('class="lede"')
    assert "predictions rest most on" not in html


def test_a_run_without_scores_importance_or_baselines_says_what_adds_them(command, study_config, tmp_path):
    assert command("fit", "--config", study_config, "--runs", tmp_path / "runs", *UNLOGGED).code == 0
    run = tmp_path / "runs/small/version_0"
    html = page_of(command, run)
    assert all(f"python cli.py {added} --run {run}" in html for added in ("test", "importance", "baselines"))


def test_runs_stand_side_by_side(command, run, tmp_path):
    other = shutil.copytree(run, tmp_path / "version_7")
    answer = command("report", "--run", run, other, "--out", tmp_path / "both.html")
    assert answer.code == 0, answer.err
    html = (tmp_path / "both.html").read_text(encoding="utf-8")
    for name in (f"{run.parent.name}/{run.name}", f"{tmp_path.name}/version_7"):
        assert f"<strong>{name}.</strong>" in html
        assert f"<h3>{name}</h3>" in html
    assert len(data_of(html, "figures")) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "needs a run"),
        (("--rum", "x"), "no option '--rum', did you mean '--run'?"),
        (("runs/small",), "can't use 'runs/small'; it takes --run, --out"),
        (("--run", "{run}", "{run}"), "each run once"),
        (("--run", "{run}", "--out", "page.pdf"), "--out must end in .html"),
        (("--run", "{run}", "--out"), "--out: expected one argument"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(command, run, words, message):
    refused(command("report", *(word.format(run=run) for word in words)), message)


def test_a_folder_of_a_search_is_no_run(command, copied):
    (copied / "metrics.json").unlink()
    refused(command("report", "--run", copied), "no run of a study")


def test_commands_on_the_page_can_be_copied_whatever_the_folder_is_called(command, copied):
    (copied / "Permu_importance_df.csv").unlink()
    assert page_of(command, copied).count(f"python cli.py importance --run &#39;{copied}&#39;") == 3


@pytest.mark.parametrize("name", ["contributions.parquet", "predictions.csv", "config.yaml", "importance.json"])
def test_a_broken_file_is_named_and_the_old_page_stays(command, copied, name):
    before = (copied / "report.html").read_bytes()
    (copied / name).write_text("{" if name != "predictions.csv" else "")
    refused(command("report", "--run", copied), name)
    assert (copied / "report.html").read_bytes() == before
