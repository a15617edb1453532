"""The outcome of an audit, for the terminal."""

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenlight_films.reports.score_table import HEADINGS, LOUD
from greenlight_films.studies.audit import SCALES, AuditResult
from greenlight_films.studies.metrics import known_after_release_warning
from greenlight_films.studies.processes import say


def print_audit(name: str, target: str, result: AuditResult, console: Console) -> None:
    """Print one column a split, one line a model and score, and what is to be noted."""
    summary = result.summary
    splits = list(dict.fromkeys(summary["split"]))
    table = Table(title=Text(f"{name}: the same models under other splits"), title_justify="left", title_style="bold")
    table.add_column("")
    for split in splits:
        table.add_column(Text(split), justify="right")
    by_split = [summary[summary["split"] == split].set_index("model") for split in splits]
    for share, heading in (("film_seen", "its film in training"), ("person_seen", "one of its people in training")):
        if summary[share].notna().any():
            table.add_row(Text(heading), *(_percent(lines[share].iloc[0]) for lines in by_split))
    for model in dict.fromkeys(summary["model"]):
        for scale in [scale for scale in SCALES if scale in summary]:
            cells = [_with_spread(lines.loc[model], scale) for lines in by_split]
            table.add_row(Text(f"{model}, {HEADINGS[scale]}"), *cells)
    console.print(table)
    console.print("Means over the repeats, ± their standard deviation; shares are of the test rows.", highlight=False)
    late = result.known_after_release
    for line in [*result.drops, *([known_after_release_warning(target, late)] if late else [])]:
        console.print(line, style=LOUD, markup=False, soft_wrap=True)
    for note in result.notes:
        say(console, note)
    say(console, f"\n{result.folder.path}/", "bold")


def _with_spread(line: pd.Series, scale: str) -> str:
    mean, spread = line[scale], line[f"{scale}_sd"]
    digits = 3 if abs(mean) < 10 else 1
    return "–" if pd.isna(mean) else f"{mean:.{digits}f}" + (f" ± {spread:.{digits}f}" if pd.notna(spread) else "")


def _percent(share: float) -> str:
    return "–" if pd.isna(share) else f"{share:.0%}"
