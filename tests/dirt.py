"""Clean tables of films, and files that hold them as people write them: with dirt drawn from a seed."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

FIRST = ("Amber", "Slow", "Paper", "Salt", "Tin", "Cold", "Glass", "Copper", "Ninth", "Quiet", "Élan", "Blue")
SECOND = (
    "Tide",
    "Owl",
    "Moth",
    "Quarry",
    "Orchard",
    "Weather",
    "Kites",
    "Sunday",
    "Thunder",
    "Mirrors",
    "Garçon",
    "Fox",
)
PEOPLE = ("Ann Ode", "Bero Quill", "Cato Wend", "Dara Mossvane", "Edda Tarnfold", "Zoë Pell", "Gita Hallowmere")
GENRES = ("Drama", "War", "Comedy", "Science Fiction", "Romance", "Mystery")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip


@dataclass
class Dirty:
    """A file, the clean values of its columns, and the cell that nobody can read, if there is one.

    Attributes:
        broken: column and row, from 1.
        story: what was drawn, for the message of a failure.
    """

    path: Path
    clean: dict[str, list]
    broken: tuple[str, int] | None
    story: dict[str, object]


def dirty_table(seed: int, folder: Path) -> Dirty:
    """Write a table with the dirt of a seed."""
    random = np.random.default_rng([20261128, seed])
    pick = lambda choices: choices[random.integers(len(choices))]  # noqa: E731
    n = int(random.integers(24, 60))
    clean = clean_films(random, n)
    delimiter = pick([",", ",", ";", "\t", "|"])
    decimal = pick([".", ","]) if delimiter != "," else "."
    story: dict[str, object] = {"seed": seed, "delimiter": delimiter, "decimal": decimal}
    writers = {
        "title": str,
        "year": str,
        "released": pick(list(DATES.items())),
        "budget": pick(list(MONEY.items())),
        "runtime": pick(list(RUNTIMES.items())),
        "rating": ("rating", lambda value, decimal: f"{value:.1f}".replace(".", decimal)),
        "sequel": pick(list(FLAGS.items())),
        "genres": pick([item for item in LABELS.items() if item[0] != f"by {delimiter}"]),
    }
    token = pick(["", "-", "N/A", "?", "unknown", "n.a.", "\\N"])
    rows = []
    for row in range(n):
        cells = []
        for name, writer in writers.items():
            value = clean[name][row]
            if value is None or value == []:
                cells.append("" if name in ("genres", "sequel") else token)
            elif isinstance(writer, tuple):
                cells.append(writer[1](value, decimal))
            else:
                cells.append(writer(value))
        rows.append(cells)
    story |= {name: writer[0] for name, writer in writers.items() if isinstance(writer, tuple)} | {"missing": token}
    broken = None
    if random.random() < 0.15:
        name, row = pick(["budget", "runtime", "rating"]), int(random.integers(n))
        rows[row][list(writers).index(name)] = pick(["12O5x", "see notes below", "4 or 5?"])
        broken = (name, row + 1)
    text = as_text(list(writers), rows, delimiter, random, story)
    path = folder / f"films_{seed}.csv"
    path.write_bytes(text.encode(pick_encoding(text, random, story)))
    return Dirty(path, clean, broken, story | {"broken": broken})


def clean_films(random: np.random.Generator, n: int) -> dict[str, list]:
    """Return columns of films: numbers, ISO dates, flags and labels; None and [] where nothing is known."""
    titles = [f"{FIRST[place % 12]} {SECOND[place // 12 % 12]}" for place in random.permutation(144)[:n]]
    days = [date(1958, 1, 1) + timedelta(int(day)) for day in random.integers(0, 22_000, n)]
    gone = random.random((3, n)) < 0.12
    budgets = (random.integers(1, 4000, n) * 50_000).tolist()
    runtimes = random.integers(62, 200, n).tolist()
    casts = [list(random.choice(GENRES, random.integers(1, 4), replace=False)) for _ in range(n)]
    return {
        "title": titles,
        "year": [float(day.year) for day in days],
        "released": [None if gone[0, row] else day.isoformat() for row, day in enumerate(days)],
        "budget": [None if gone[1, row] else float(value) for row, value in enumerate(budgets)],
        "runtime": [None if gone[2, row] else float(value) for row, value in enumerate(runtimes)],
        "rating": [float(value) for value in (random.integers(11, 99, n) / 10)],
        "sequel": [float(value) for value in random.integers(0, 2, n)],
        "genres": [[str(name) for name in cast] for cast in casts],
    }


def _thousands(value: float, mark: str) -> str:
    return f"{int(value):,}".replace(",", mark)


def _other(decimal: str) -> str:
    return "." if decimal == "," else ","


MONEY = {
    "plain": lambda value, decimal: f"{int(value)}",
    "thousands": lambda value, decimal: _thousands(value, _other(decimal)),
    "dollars": lambda value, decimal: "$" + _thousands(value, _other(decimal)),
    "euros": lambda value, decimal: _thousands(value, " ") + " €",
    "code": lambda value, decimal: "USD " + _thousands(value, _other(decimal)),
    "millions": lambda value, decimal: f"${value / 1e6:g}M".replace(".", decimal),
    "footnotes": lambda value, decimal: f"{int(value)}[{int(value) % 7 + 1}]",
}
RUNTIMES = {
    "plain": lambda value, decimal: f"{int(value)}",
    "min": lambda value, decimal: f"{int(value)} min",
    "hours": lambda value, decimal: f"{int(value) // 60}h {int(value) % 60}m",
    "clock": lambda value, decimal: f"{int(value) // 60:02d}:{int(value) % 60:02d}:00",
    "iso": lambda value, decimal: f"PT{int(value) // 60}H{int(value) % 60}M",
}


def _day(text: str) -> date:
    return date.fromisoformat(text)


DATES = {
    "iso": lambda value, decimal: value,
    "day first": lambda value, decimal: f"{_day(value):%d/%m/%Y}",
    "month first": lambda value, decimal: f"{_day(value):%m/%d/%Y}",
    "dots": lambda value, decimal: f"{_day(value).day}.{_day(value).month}.{_day(value).year}",
    "words": lambda value, decimal: f"{_day(value).day} {MONTHS[_day(value).month - 1]} {_day(value).year}",
    "american": lambda value, decimal: f"{MONTHS[_day(value).month - 1]} {_day(value).day}, {_day(value).year}",
    "two digits": lambda value, decimal: f"{_day(value):%d-%m-%y}",
    "time": lambda value, decimal: f"{value}T00:00:00Z",
}
FLAGS = {
    "0 1": lambda value, decimal: f"{int(value)}",
    "yes no": lambda value, decimal: "yes" if value else "no",
    "TRUE FALSE": lambda value, decimal: "TRUE" if value else "FALSE",
    "y n": lambda value, decimal: "Y" if value else "N",
}
LABELS = {
    "by ,": lambda value, decimal: ", ".join(value),
    "by |": lambda value, decimal: "|".join(value),
    "by ;": lambda value, decimal: "; ".join(value),
    "json": lambda value, decimal: json.dumps(value),
    "python": lambda value, decimal: str(value),
    "objects": lambda value, decimal: json.dumps([{"id": GENRES.index(name), "name": name} for name in value]),
    "postgres": lambda value, decimal: "{" + ",".join(f'"{name}"' if " " in name else name for name in value) + "}",
}


def as_text(names: list[str], rows: list[list[str]], delimiter: str, random: np.random.Generator, story: dict) -> str:
    """Return the file's text, with a preamble, a footer, empty lines or blanks where they were drawn."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=story.setdefault("lines", "\r\n"))
    writer.writerow([f" {name} " for name in names] if random.random() < 0.2 else names)
    writer.writerows(rows)
    lines = buffer.getvalue()
    if random.random() < 0.2:
        story["preamble"] = True
        lines = f"Films of the archive\r\n\r\n{lines}"
    if random.random() < 0.2:
        story["empty lines"] = True
        lines += "\r\n\r\n"
    return lines


def pick_encoding(text: str, random: np.random.Generator, story: dict) -> str:
    """Draw an encoding that can write the text."""
    story["encoding"] = ["utf-8", "utf-8-sig", "utf-16", "cp1252"][random.integers(4)]
    return str(story["encoding"])


def check_dirty_table(seed: int, folder: Path) -> None:
    """Write a table, look at it, and check each column: the clean values, or a fault that names the column and row."""
    from greenlight_films.datamodules.look.look import look

    table = dirty_table(seed, folder)
    seen = look(table.path)
    faults = "\n".join(seen.faults)
    for name, values in table.clean.items():
        if table.broken and table.broken[0] == name:
            assert f"'{name}'" in faults, (table.story, faults)
            assert f"row {table.broken[1]}" in faults, (table.story, faults)
        elif f"'{name}'" not in faults:
            read = seen.column(name).to_list()
            wrong = [
                (row, got, want) for row, (got, want) in enumerate(zip(read, values, strict=True), 1) if got != want
            ]
            assert not wrong, (table.story, name, wrong[:3])
        else:
            assert table.story[name] in ("day first", "month first", "two digits", "dots"), (table.story, faults)
