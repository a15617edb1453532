"""`tune`: search the settings that do best on the validation films."""

from rich.console import Console

from greenlight_films.commands.parser.options import checked, config_of, number_taken_out, taken_out
from greenlight_films.reports.trials_table import print_trials
from greenlight_films.studies.tune.plan import Plan
from greenlight_films.studies.tune.tune import open_search, tune


def run(words: list[str], console: Console) -> None:
    """Run a search, or the trials that are missing of one."""
    words, workers = number_taken_out("--workers", words)
    words, storage = taken_out("--storage", words, "a database's URL or the path of a journal file")
    words, path = checked("tune", words, "--resume")
    folder = open_search(path, storage) if path else None
    plan = Plan.read([*config_of(folder), *words], storage)
    folder, results = tune(plan, folder, console, workers or 1)
    print_trials(folder, plan.monitor, results, console)
