"""The page as text; tests/commands/test_report.py opens it in a browser."""

import json
import re
import sys
from shutil import copytree

import pytest

from greenlight_films.reports.page import _with_code, report_page
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from tests.runs import plotly_of


@pytest.fixture
def html(results) -> str:
    return report_page([results])


def test_the_page_is_whole_and_asks_no_server(html, results):
    figures = json.loads(re.search(r'id="figures-data">(.*?)</script>', html, re.S)[1])
    assert len(figures) == html.count('<div class="plot"') > 10
    assert plotly_of(html).count("plotly.js v") == 1
    assert not re.search(r'(src|href)="(?!#|data:)', re.sub(r"<script.*?</script>", "", html, flags=re.S))


def test_the_scores_of_all_models_have_intervals(html):
    cells = re.findall(r'<tr><th scope="row">(ridge|knn|mlp|mean)</th><td class="number">(.*?)</td>', html)
    assert {model for model, _ in cells} == {"ridge", "knn", "mlp", "mean"}
    assert all(re.fullmatch(r"[\d.]+ \([\d.]+ to [\d.]+\)", cell) for _, cell in cells)


def test_the_network_less_each_model_stands_in_the_table(html):
    assert '<th scope="col" class="number">mlp − model</th>' in html
    difference = r'<tr><th scope="row">ridge</th><td class="number">[^<]+</td><td class="number">([^<]+)</td>'
    assert re.fullmatch(r"0\.\d+ \[0\.\d+, 0\.\d+\]", re.search(difference, html)[1])
    assert "below 0 the network is better" in html


def test_commands_are_those_of_the_program_that_was_started(results, monkeypatch):
    assert f"python cli.py report --run {results.path}" in report_page([results])
    monkeypatch.setattr(sys, "argv", ["/usr/bin/greenlight"])
    assert f"greenlight report --run {results.path}" in report_page([results])


def test_several_runs_have_their_most_important_features_side_by_side(results):
    other = Results(RunFolder(results.run.path.rename(results.run.path.with_name("version_7"))))
    html = report_page([Results(RunFolder(copytree(other.run.path, results.run.path))), other])
    assert [html.count(f"<h3>small/{version}</h3><ol><li>") for version in ("version_0", "version_7")] == [1, 1]
    assert "A single film" not in html


def test_what_stands_between_backticks_is_code_and_all_else_is_escaped():
    assert _with_code("run `fit <b>`, <i>not</i> `") == "run <code>fit &lt;b&gt;</code>, &lt;i&gt;not&lt;/i&gt; `"
