"""`audit`: the same models under several splits, side by side."""

from rich.console import Console

from greenlight_films.commands.parser.options import checked, config_of
from greenlight_films.reports.audit_table import print_audit
from greenlight_films.studies.audit import Audit, audit
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.film_cli import FilmCLI


def run(words: list[str], console: Console) -> None:
    """Say how far a study's scores lean on what the model should not have seen."""
    words, path = checked("audit", words, "--run")
    folder = RunFolder.open(path) if path else None
    cli = FilmCLI([*config_of(folder), *words], ("audit", Audit))
    settings = cli.settings
    result = audit(settings, cli.config_init["audit"], console)
    print_audit(settings.name, settings.data.declared.target.name, result, console)
