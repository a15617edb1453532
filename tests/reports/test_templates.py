"""The page in a browser: on paper, on a phone, and with amounts of money, whose numbers are long."""

import html
import re
from collections.abc import Callable

import pandas as pd
import pytest
from playwright.sync_api import Page

from greenlight_films.reports.page import report_page
from greenlight_films.studies.results import Results

A4 = 718  # pixels between the margins of Chromium's paper
DIGITS = re.compile(r"-?\d\.?\d*×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
OVERLAPS = """[...document.querySelectorAll(".plot")].flatMap((plot) => {
  const names = [...plot.querySelectorAll(".xtick text, .x2tick text, .xtitle, .x2title")];
  const boxes = names.map((name) => name.getBoundingClientRect()), whole = plot.getBoundingClientRect();
  const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
  const cut = names.filter((_, at) => boxes[at].left < whole.left - 1 || boxes[at].right > whole.right + 1);
  const pairs = boxes.flatMap((box, at) => boxes.slice(at + 1).filter((next) => over(box, next)).map(() => names[at]));
  return [...cut, ...pairs].map((name) => `${plot.parentElement.querySelector("h3").textContent}: ${name.textContent}`);
})"""


@pytest.fixture
def money(results) -> Results:
    """Return the run as if its target were dollars, with contributions of as many parts a film as it has a number."""
    run, rows = results.run, results.test["row"].head(2)
    run.write_json("metrics.json", {**results.metrics, "unit": "US dollars"})
    table = run.read_csv("predictions.csv")
    amounts = [name for name in table if name in ("actual", "predicted")]
    run.write_csv("predictions.csv", table.assign(**{name: table[name] * 1e8 for name in amounts}))
    for file in ("Permu_importance_df.csv", "aggregated_importance.csv"):
        values = run.read_csv(file)
        wide = [name for name in values if name == "importance" or name.startswith(("se_", "low_", "high_", "std"))]
        scaled = {name: values[name] * 1e16 for name in wide}
        if "direction" in values:
            scaled["direction"] = values["direction"] * 1.5e8
        run.write_csv(file, values.assign(**scaled))
    parts = [
        (row, "cast", f"Person {part:02}", (1.0 - part / 100) * 1e6, 0.0)
        for row, n_parts in zip(rows, (16, 17), strict=True)
        for part in range(n_parts)
    ]
    columns = ["row", "column", "value", "contribution", "alone"]
    contributions = pd.DataFrame(parts, columns=columns)
    predicted = run.read_csv("predictions.csv").set_index("row")["predicted"][rows]
    rest = predicted - contributions.groupby("row")["contribution"].sum() - 5e8
    contributions.loc[contributions.groupby("row").head(1).index, "contribution"] += rest.to_numpy()
    contributions.to_parquet(run.path / "contributions.parquet")
    run.write_json("importance.json", {**results.importance, "unit": "US dollars", "average_prediction": 5e8})
    return Results(run)


@pytest.fixture
def opened(browser, money, tmp_path) -> Callable[[int], Page]:
    """Return what opens the run's page at a width, with all figures drawn."""
    path = tmp_path / "page.html"
    path.write_text(report_page([money]), encoding="utf-8")

    def open_page(width: int) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 900}, offline=True)
        page.set_default_timeout(120_000)
        page.goto(path.as_uri())
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        page.wait_for_function(
            "[...document.querySelectorAll('.plot')].every((plot) => plot.querySelector('.main-svg'))"
        )
        page.wait_for_timeout(500)
        return page

    return open_page


def test_every_table_fits_on_paper(opened):
    page = opened(A4)
    page.emulate_media(media="print")
    sizes = page.evaluate("[...document.querySelectorAll('.scroll')].map((box) => [box.scrollWidth, box.clientWidth])")
    assert len(sizes) > 4
    assert [size for size in sizes if size[0] > size[1] + 1] == []


@pytest.mark.parametrize("width", [360, 1280])
def test_captions_speak_of_directions_where_they_are_drawn_and_nothing_runs_into_each_other(opened, width):
    page = opened(width)
    drawn = page.locator("#importance .plot:has(.x2tick)").count()
    assert drawn == page.locator(".beside").count() == (0 if width == 360 else 4)
    assert page.evaluate(OVERLAPS) == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((element) => element.id)")
    assert sorted(ids) == sorted(set(ids))


def test_long_importances_are_powers_of_ten_and_the_script_writes_them_as_the_page_does(opened, money):
    written = report_page([money]).split('id="values-table"')[1].split("</table>")[0].split("<tbody>")[1]
    rows = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in written.split("<tr>")[1:]]
    page = opened(800)
    cells = [line.split("\t") for line in page.locator("#values-table tbody tr").all_inner_texts()]
    assert [[html.unescape(cell) for cell in row[:7]] for row in rows] == [row[:7] for row in cells]
    assert len(cells) > 5
    assert all(DIGITS.fullmatch(row[4]) for row in cells)
    box = page.evaluate("(([box]) => [box.scrollWidth, box.clientWidth])(document.querySelectorAll('#values .scroll'))")
    assert box[0] <= box[1] + 1


def test_a_single_part_more_than_there_is_room_for_stands_by_its_name(opened):
    page = opened(1280)
    names = []
    for film in page.locator("#film option").all():
        page.select_option("#film", value=film.get_attribute("value"))
        names.append(page.locator(".moved span:first-child").all_inner_texts()[1:-1])
    assert sorted(len(film) for film in names) == [16, 16]
    assert sorted(film[-1] for film in names) == ["2 others", "cast=Person 15"]
