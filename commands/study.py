"""`study`: train, score the held-out films, say what their predictions rest on, predict every film."""

from rich.console import Console

from greenlight_films.commands.parser.looked_at import config_of_table
from greenlight_films.commands.parser.options import number_taken_out, training_options
from greenlight_films.commands.parser.stopped import raise_if_stopped
from greenlight_films.reports.report import write_report
from greenlight_films.reports.run_summary import print_summary
from greenlight_films.reports.spread_table import print_spread
from greenlight_films.studies.seeds.plan import Request
from greenlight_films.studies.seeds.seeds import refuse_failed, study_by
from greenlight_films.studies.study import study


def run(words: list[str], console: Console) -> None:
    """Run a study, or resume one, and end with its page; with `--seeds` or `--folds` several times."""
    request, words = _request(words)
    with config_of_table(words, console) as (words, look):
        settings, folder = training_options("study", words, of_runs=True)
    if request != Request() or (folder and folder.holds_runs):
        spread = study_by(settings, request, folder, console)
        if look:
            spread.run.write_text("look.yaml", look)
        print_spread(spread, console)
        if settings.report:
            write_report(spread.run, console)
        refuse_failed(spread)
        return
    results = study(settings, folder, console)
    if results is None:  # not the first process
        return
    if look:
        results.run.write_text("look.yaml", look)
    print_summary(results, console)
    raise_if_stopped(results, "study")
    write_report(results.run, console, with_page=settings.report)


def _request(words: list[str]) -> tuple[Request, list[str]]:
    """Return how many runs are asked for, and the other words."""
    words, seeds = number_taken_out("--seeds", words)
    words, folds = number_taken_out("--folds", words)
    words, workers = number_taken_out("--workers", words)
    return Request.of(seeds, folds, workers), words
