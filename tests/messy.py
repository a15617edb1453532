"""A small table of films as a person in Germany would write it, and the other files that hold the same films."""

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd

from tests.cases import CASES

GENRES = {"Drama": 1.2, "Comedy": 0.2, "War": -1.4, "Romance": 0.5}
PEOPLE = ["Ann Ode", "Bero Quill", "Cato Wend", "Zoë Pell", "Gita Hallowmere", "Edda Tarnfold"]
FIRST = ["Amber", "Slow", "Paper", "Salt", "Tin", "Cold", "Glass", "Copper", "Ninth", "Quiet", "Élan", "Blue"]
SECOND = ["Tide", "Owl", "Moth", "Quarry", "Orchard", "Weather", "Kites", "Sunday", "Thunder", "Mirrors", "Garçon"]

N = 120
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def messy_films() -> pd.DataFrame:
    """Return 120 films, all text: ids, dates with the day first, euros, labels in JSON, the rating doubled."""
    random = np.random.default_rng(1895)
    days = pd.to_datetime("1990-01-01") + pd.to_timedelta(random.integers(0, 11_000, N), unit="D")
    genres = [list(random.choice(list(GENRES), random.integers(1, 3), replace=False)) for _ in range(N)]
    cast = [list(random.choice(PEOPLE, random.integers(1, 4), replace=False)) for _ in range(N)]
    rating = 5 + np.array([sum(GENRES[name] for name in names) for names in genres]) + random.normal(0, 0.2, N)
    rating = np.clip(rating, 1, 10).round(1)
    budget = random.integers(20, 4000, N) * 50_000
    euros = [f"{value:,} €".replace(",", ".") for value in budget]
    euros[3] = euros[40] = "k.A."
    runtime = [f"{minutes} min" for minutes in random.integers(70, 180, N)]
    return pd.DataFrame(
        {
            "film_id": [f"{7 * number:05d}" for number in range(N)],
            "title": [f"{FIRST[number % 12]} {SECOND[number // 12]}" for number in range(N)],
            "released": days.strftime("%d/%m/%Y"),
            "budget": euros,
            "runtime": runtime,
            "genres": [json.dumps([{"id": 7, "name": name} for name in names]) for names in genres],
            "cast": [", ".join(names) for names in cast],
            "rating": [f"{value:.1f}" for value in rating],
            "rating_of_20": [f"{2 * value:.1f}" for value in rating],
        }
    )


def write(frame: pd.DataFrame, path: Path, **csv: str) -> Path:
    """Write a frame as the kind of file that the path names."""
    if path.suffix == ".csv":
        frame.to_csv(path, index=False, **csv)
    elif path.suffix == ".xlsx":
        write_workbook(frame, path)
    elif path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True, force_ascii=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        with closing(sqlite3.connect(path)) as database:
            frame.to_sql("films", database, index=False)
    return path


def write_workbook(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as the first sheet of the workbook among the cases: numbers as numbers, all else as text."""
    rows = [list(frame.columns), *frame.itertuples(index=False)]
    sheet = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
    sheet = f'<worksheet xmlns="{NAMESPACE}"><sheetData>{sheet}</sheetData></worksheet>'
    with zipfile.ZipFile(CASES / "layout/workbook.xlsx") as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else old.read(name))


def _cell(value: object) -> str:
    if isinstance(value, int | float):
        return "<c/>" if value != value else f"<c><v>{value!r}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'
