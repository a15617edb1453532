"""`study`: train, score the held-out films, say what their predictions rest on, predict every film."""

from rich.console import Console

from greenlight_films.commands.parser.looked_at import config_of_table
from greenlight_films.commands.parser.options import training_options
from greenlight_films.commands.parser.stopped import raise_if_stopped
from greenlight_films.reports.report import write_report
from greenlight_films.reports.run_summary import print_summary
from greenlight_films.studies.study import study


def run(words: list[str], console: Console) -> None:
    """Run a study, or resume one, and end with its page."""
    with config_of_table(words, console) as (words, look):
        settings, folder = training_options("study", words)
    results = study(settings, folder, console)
    if results is None:  # not the first process
        return
    if look:
        results.run.write_text("look.yaml", look)
    print_summary(results, console)
    raise_if_stopped(results, "study")
    if settings.report:
        write_report(results.run, console)
