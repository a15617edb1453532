"""How the network's errors differ from those of the other models on the same films, as text."""

from math import floor, log10

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenlight_films.datamodules.number_format import LEAST, compact, significant
from greenlight_films.studies.processes import say
from greenlight_films.studies.results import NETWORK, Results


def print_differences(results: Results, console: Console) -> None:
    """Print a line for each model that the network is compared with; nothing without any."""
    lines = differences_in_words(results.differences)
    if not lines:
        return
    table = Table.grid(padding=(0, 2))
    for model, difference, p in lines:
        table.add_row(*map(Text, (f"  {NETWORK} − {model}:", difference, p)))
    say(console, f"{differences_measured(results)}.")
    console.print(table)


def differences_measured(results: Results) -> str:
    """Say what the lines of `differences_in_words` are."""
    shared = (results.config.get("compare") or {}).get("cluster")
    clusters = "film" if shared is None or "cluster" not in results.predicted else f"film and {shared}"
    compared = results.differences["compared"]
    score = "RMSE of log1p" if compared.str.endswith("_log1p").any() else "RMSE"
    absolute = "; MAE where single films decide squared errors (data.target.transform log1p would be surer)"
    return (
        f"{score}, the network less each model, with 95 % intervals by {clusters}: below 0 the network is better"
        f"{absolute if compared.str.startswith('mae').any() else ''}"
    )


def differences_in_words(differences: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Return name, difference with its interval, and p of each model but the network, the best model first.

    A score other than the RMSE is named.

    >>> from greenlight_films.studies.paired import COLUMNS
    >>> differences_in_words(pd.DataFrame([("ridge", "rmse", -0.0121, -0.0201, -0.0041, 0.0031)], columns=COLUMNS))
    [('ridge', '−0.012 [−0.020, −0.004]', 'p = 0.0031')]
    """
    others = differences[differences["model"] != NETWORK].sort_values("difference", ascending=False, kind="stable")
    lines = []
    for model, compared, *numbers, p in others.itertuples(index=False):
        text = f"{_with_interval(*numbers)}{' in MAE' if compared.startswith('mae') else ''}"
        lines.append((model, text, "" if p != p else "p < 0.001" if p < 0.001 else f"p = {p:.2g}"))
    return lines


def _with_interval(value: float, low: float, high: float) -> str:
    """Return a difference with as many decimals as its interval allows."""
    half = (high - low) / 2
    if not half > 0:
        ends = "no interval holds" if half != half else f"{_minus(significant(low, 2))}, {_minus(significant(high, 2))}"
        return f"{_minus(significant(value, 2))} [{ends}]"
    decimals = max(0, -floor(log10(half / 3)))
    value, low, high = (round(number, decimals) + 0.0 for number in (value, low, high))
    texts = [compact(number) if abs(number) >= LEAST else f"{number:.{decimals}f}" for number in (value, low, high)]
    return _minus(f"{texts[0]} [{texts[1]}, {texts[2]}]")


def _minus(text: str) -> str:
    return text.replace("-", "−")
