"""Which files a report writes, and where; tests/commands/test_report.py reads the page in a browser."""

from io import StringIO
from shutil import copytree

from rich.console import Console

from greenlight_films.reports.report import write_card, write_page, write_report
from greenlight_films.studies.run_folder import RunFolder


def written(folder, before: set) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in set(folder.rglob("*")) - before)


def test_a_run_gets_a_page_and_a_card_and_the_pages_path_is_printed(results):
    folder, before = results.run.path, set(results.run.path.rglob("*"))
    console = Console(file=StringIO(), width=40)
    write_report(results.run, console)
    assert written(folder, before) == ["model_card.md", "report.html"]
    assert console.file.getvalue() == f"{folder / 'report.html'}\n"
    assert "<h3>How good it is</h3>" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_card_alone_is_that_of_the_report(results):
    write_card(results.run)
    card = (results.run.path / "model_card.md").read_text(encoding="utf-8")
    assert "## How good it is" in card
    assert not (results.run.path / "report.html").exists()
    write_report(results.run, Console(file=StringIO()))
    assert (results.run.path / "model_card.md").read_text(encoding="utf-8") == card


def test_a_page_of_two_runs_stands_where_it_is_asked_for_and_adds_nothing_to_the_runs(results, tmp_path):
    other = RunFolder(copytree(results.run.path, tmp_path / "small/version_1"))
    before = set(tmp_path.rglob("*"))
    write_page([results.run, other], tmp_path / "both.html", Console(file=StringIO()))
    assert written(tmp_path, before) == ["both.html"]
    html = (tmp_path / "both.html").read_text(encoding="utf-8")
    assert all(f"<strong>small/version_{number}.</strong>" in html for number in (0, 1))
