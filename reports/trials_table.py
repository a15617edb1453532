"""The best trials of a search, for the terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenlight_films.datamodules.program import command
from greenlight_films.studies.processes import say
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.tune.trial_store import TrialResult
from greenlight_films.studies.tune.tune import as_cell

SHOWN = 10


def print_trials(folder: RunFolder, monitor: str, results: list[TrialResult], console: Console) -> None:
    """Print the best trials, which are the first of the results, and what to do with them."""
    states = [result.state for result in results]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    console.print(trials_table(f"{len(results)} trials by {monitor}: {counts}", monitor, results))
    say(console, f"\n{folder.path}/", "bold")
    best = folder.path / "best.yaml"
    for line in (
        f"train and test the best: {command(f'study --config {best}')}",
        f"see all curves: tensorboard --logdir {folder.path}",
    ):
        say(console, line)


def trials_table(title: str, monitor: str, results: list[TrialResult]) -> Table:
    """Return the first trials, a column for keys that are tied."""
    more = f"; {SHOWN} of them" if len(results) > SHOWN else ""
    table = Table(title=Text(title + more), title_justify="left", title_style="bold")
    keys = ["\n".join(key.rpartition(".")[2] for key in name.split(", ")) for name in results[0].point]
    for name in ("trial", *keys, monitor, "epochs", "s", "state"):  # 80 columns are few
        table.add_column(Text(name), justify="left" if name == "state" else "right")
    for result in results[:SHOWN]:
        values = [Text(str(as_cell(value))) for value in result.point.values()]
        effort = [str(result.epochs), f"{result.seconds:.1f}"]
        table.add_row(str(result.number), *values, result.score_with_error, *effort, result.state)
    return table
