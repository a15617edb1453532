"""The page of a run, in a real browser and as a file: what a reader sees, and that data in it are inert."""

import json
import re
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import STUDY, awkward_films

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: install Debian's package of that name")
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
    answer = command("study", "--config", config, "--runs", folder / "runs")
    assert answer.code == 0, answer.err
    assert str(folder / "runs/small/version_0/report.html") in answer.out.replace("\n", "")
    return folder / "runs/small/version_0"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@pytest.fixture
def opened(browser, run) -> Iterator[SimpleNamespace]:
    """Return what opens a page, with all that it asks for and complains of."""
    contexts = []

    def open_page(path: Path = run / "report.html", width: int = 1280, **context: object) -> SimpleNamespace:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, offline=True, **context))
        page = contexts[-1].new_page()
        seen = SimpleNamespace(page=page, errors=[], requests=[], dialogs=[])
        page.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(path.as_uri())
        return seen

    yield open_page
    for context in contexts:
        context.close()


def draw_all(page: Page) -> int:
    """Scroll through the page until every figure is drawn; return how many there are."""
    plots = page.locator(".plot")
    for number in range(plots.count()):
        plots.nth(number).scroll_into_view_if_needed()
        page.wait_for_selector(f'.plot[data-figure="{number}"] .main-svg', state="attached")
    return plots.count()


def data_of(html: str, name: str) -> object:
    return json.loads(re.search(rf'<script type="application/json" id="{name}-data">(.*?)</script>', html, re.S)[1])


# --- in a browser -----------------------------------------------------------------------------------------------------


@in_a_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_loads_alone_without_an_error_and_draws_every_figure(opened, run, scheme):
    seen = opened(color_scheme=scheme)
    assert draw_all(seen.page) > 15
    assert seen.errors == []
    assert seen.requests == [(run / "report.html").as_uri()]
    ground = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 27)"}[scheme]


@in_a_browser
def test_titles_and_names_that_would_act_are_shown_and_inert(opened):
    seen = opened()
    draw_all(seen.page)
    seen.page.fill("#film-search", EVIL)
    assert EVIL in seen.page.inner_text("#film-said h3")
    seen.page.fill("#search", "onerror")
    assert EVIL in seen.page.inner_text("#values-table tbody")
    assert seen.page.locator("img").count() == 0
    assert (seen.dialogs, seen.errors) == ([], [])


@in_a_browser
def test_the_table_of_values_sorts_and_searches(opened, run):
    page = opened().page
    features = pd.read_csv(run / "Permu_importance_df.csv").dropna(subset=["importance"])

    def column(number: int) -> list[str]:
        return page.locator(f"#values-table tbody tr > :nth-child({number})").all_inner_texts()

    assert column(1) == features["feature"].head(25).tolist()
    page.click("#values-table thead button:text('films')")
    films = [int(text) for text in column(3)]
    assert films == sorted(films, reverse=True)
    assert page.get_attribute("#values-table th:nth-child(3)", "aria-sort") == "descending"
    page.click("#values-table thead button:text('feature')")
    assert column(1) == sorted(column(1), key=str.casefold)
    page.fill("#search", "year")
    assert column(1) == ["year"]
    assert page.inner_text("#found") == "1 value"
    page.fill("#search", "no such value")
    assert (column(1), page.inner_text("#found")) == ([], "0 values")


@in_a_browser
def test_the_explorer_shows_what_moved_a_film(opened, run):
    page = opened().page
    predictions = pd.read_csv(run / "predictions.csv").query("split == 'test' and title.str.startswith('Film')")
    moved = pd.read_parquet(run / "contributions.parquet")
    for film in predictions.itertuples():
        page.fill("#film-search", film.title)
        page.select_option("#film", label=film.title)
        assert page.inner_text("#film-said h3") == film.title
        assert f"Predicted {float(f'{film.predicted:.3g}'):g} points" in page.inner_text("#film-said p")
        names = page.locator(".moved span:first-child").all_inner_texts()
        mine = moved[moved["row"] == film.row]
        mine = mine[mine["contribution"].abs() >= 0.002 * mine["contribution"].abs().max()]
        assert names == mine["feature"].astype("str").head(15).tolist()
    page.fill("#film-search", "no such film")
    assert "No film has" in page.inner_text("#film-said")


@in_a_browser
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_overflows(opened, width):
    page = opened(width=width).page
    draw_all(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        """[...document.querySelectorAll("main *")].filter((node) => !node.closest(".scroll, pre, .plot")
        && node.getBoundingClientRect().right > innerWidth + 1).map((node) => node.tagName + node.className)"""
    )
    assert wide == []


@in_a_browser
def test_a_printed_page_has_every_figure_whole(opened, tmp_path):
    page = opened().page
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 990})
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(
        "document.querySelectorAll('.plot .main-svg').length >= document.querySelectorAll('.plot').length"
    )
    cut = page.evaluate(
        """[...document.querySelectorAll(".plot")].filter((element) => {
          const svg = element.querySelector(".main-svg").getBoundingClientRect();
          const box = element.closest("figure").getBoundingClientRect();
          return svg.width < 100 || svg.right > box.right + 1 || svg.bottom > box.bottom + 1;
        }).map((element) => element.getAttribute("aria-label"))"""
    )
    assert cut == []
    tall = page.evaluate("Math.max(...[...document.querySelectorAll('figure')].map((element) => element.offsetHeight))")
    assert tall < 990
    page.pdf(path=tmp_path / "page.pdf", format="A4")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


@in_a_browser
def test_headings_are_in_order_and_figures_controls_and_tables_have_names(opened):
    page = opened().page
    levels = [
        int(name[1])
        for name in page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map((element) => element.tagName)")
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.locator(".plot:not([aria-label]), .plot[aria-label='']").count() == 0
    assert page.evaluate(
        "[...document.querySelectorAll('input, select')].every((element) => element.labels.length === 1)"
    )
    assert page.get_attribute("html", "lang") == "en"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"


# --- as a file --------------------------------------------------------------------------------------------------------


def test_the_page_holds_plotly_once_and_is_small_enough_to_mail(run):
    html = (run / "report.html").read_text(encoding="utf-8")
    assert html.count("plotly.js v") == 1
    assert len(html.encode()) < 8e6
    assert "<script>alert(2)" not in html
    assert len(data_of(html, "values")) == len(
        pd.read_csv(run / "Permu_importance_df.csv").dropna(subset=["importance"])
    )


def test_a_model_no_better_than_the_mean_is_the_first_thing_on_the_page(command, tmp_path):
    films = awkward_films()
    films["rating"] = films["rating"].sample(frac=1, random_state=0).to_numpy()
    films.to_csv(tmp_path / "films.csv", index=False)
    (tmp_path / "study.yaml").write_text(STUDY.format(table=tmp_path / "films.csv"))
    assert command("study", "--config", tmp_path / "study.yaml", "--runs", tmp_path / "runs").code == 0
    run = tmp_path / "runs/small/version_0"
    assert not (run / "report.html").exists()  # the config says so
    answer = command("report", "--run", run)
    assert (answer.code, answer.out.replace("\n", "")) == (0, str(run / "report.html"))
    html = (run / "report.html").read_text(encoding="utf-8")
    assert html.index("no better than guessing the mean") < html.index('class="lede"')
    assert "predictions rest most on" not in html


def test_a_run_without_scores_importance_or_baselines_says_what_adds_them(command, study_config, tmp_path):
    assert command("fit", "--config", study_config, "--runs", tmp_path / "runs").code == 0
    run = tmp_path / "runs/small/version_0"
    assert command("report", "--run", run).code == 0
    html = (run / "report.html").read_text(encoding="utf-8")
    for added in ("test", "importance", "baselines"):
        assert f"python cli.py {added} --run {run}" in html


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
        (("runs/small",), "takes folders behind --run"),
        (("--run", "nowhere"), "--run must be the folder of a run"),
        (("--run", "{run}", "{run}"), "each run once"),
        (("--run", "{run}", "--out", "page.pdf"), "--out must end in .html"),
        (("--run", "{run}", "--out"), "--out needs one file"),
    ],
)
def test_a_mistake_is_refused_and_nothing_is_written(command, run, words, message):
    answer = command("report", *(word.format(run=run) for word in words))
    assert answer.code == 2
    assert message in answer.err
    assert not Path("page.pdf").exists()


# --- runs that lack something, or are broken --------------------------------------------------------------------------


@pytest.fixture
def copied(run, tmp_path) -> Path:
    """Return a copy of the run, in a folder with a blank in its name."""
    return Path(shutil.copytree(run, tmp_path / "small films" / "version 0"))


def page_of(command, run: Path) -> str:
    answer = command("report", "--run", run)
    assert answer.code == 0, answer.err
    return (run / "report.html").read_text(encoding="utf-8")


def test_commands_on_the_page_can_be_copied_whatever_the_folder_is_called(command, copied):
    (copied / "Permu_importance_df.csv").unlink()
    html = page_of(command, copied)
    assert html.count(f"python cli.py importance --run &#39;{copied}&#39;") == 2


def test_importance_of_validation_films_is_named_as_such(command, copied):
    assert command("importance", "--run", copied, "--split", "val").code == 0
    html = page_of(command, copied)
    validated = pd.read_csv(copied / "predictions.csv").query("split == 'val'")
    explorer = data_of(html, "explorer")
    assert len(explorer["films"]) == len(validated)
    assert all(explorer["moved"])
    assert "that a validation film has" in html
    assert "shuffled among the validation films" in html


def test_a_date_of_release_is_no_year_in_text_but_is_read_as_one(command, tmp_path):
    films = awkward_films()
    films["release_date"] = [f"{year}-05-01" for year in films["year"]]
    films.to_csv(tmp_path / "films.csv", index=False)
    study = STUDY.format(table=tmp_path / "films.csv").replace("report: false", "report: true")
    number, date = "Number, init_args: {column: year}", "Category, init_args: {column: release_date}"
    study = study.replace(number, date)
    (tmp_path / "study.yaml").write_text(study)
    answer = command("study", "--config", tmp_path / "study.yaml", "--runs", tmp_path / "runs")
    assert answer.code == 0, answer.err
    assert "Errors by year" in (tmp_path / "runs/small/version_0/report.html").read_text(encoding="utf-8")


def test_models_without_a_network_are_compared_film_by_film(command, run, tmp_path):
    config = tmp_path / "study.yaml"
    config.write_text((run / "config.yaml").read_text())
    assert command("baselines", "--config", config, "--runs", tmp_path / "runs", "--models", "[ridge]").code == 0
    html = page_of(command, tmp_path / "runs/small/version_0")
    assert "Errors of ridge are" in html
    assert '<th scope="row">ridge</th>' in html


@pytest.mark.parametrize("name", ["contributions.parquet", "predictions.csv", "config.yaml", "importance.json"])
def test_a_broken_file_is_named_and_the_old_page_stays(command, copied, name):
    before = (copied / "report.html").read_bytes()
    (copied / name).write_text("{" if name != "predictions.csv" else "")
    answer = command("report", "--run", copied)
    assert answer.code == 2
    assert name in answer.err
    assert "Traceback" not in answer.err
    assert (copied / "report.html").read_bytes() == before


def test_a_folder_of_a_search_is_no_run(command, copied):
    (copied / "metrics.json").unlink()
    answer = command("report", "--run", copied)
    assert (answer.code, "no run of a study" in answer.err) == (2, True)
