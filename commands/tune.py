"""`tune`: search the settings that do best on the validation films."""

from rich.console import Console

from greenlight_films.commands.parser.options import checked, config_of
from greenlight_films.reports.trials_table import print_trials
from greenlight_films.studies.settings.film_cli import KEPT, FilmCLI
from greenlight_films.studies.settings.film_parser import option_names
from greenlight_films.studies.tune.search_space import Search
from greenlight_films.studies.tune.tune import Plan, open_search, tune


def run(words: list[str], console: Console) -> None:
    """Run a search, or the trials that are missing of one."""
    words, path = checked("tune", words, "--resume")
    folder = open_search(path) if path else None
    cli = FilmCLI([*config_of(folder), *words], ("search", Search))
    plan = Plan(cli.config_init["search"], cli.settings, cli.yaml((*KEPT, "search")), option_names(cli.parser))
    folder, results = tune(plan, folder, console)
    print_trials(folder, plan.monitor, results, console)
