"""Our encoder against scikit-learn's binarizers: the embedded films, and 20 copies of them.

    python -m greenlight_films.benchmarks.encode

Both learn vocabularies and scales from the films and encode the same films: two numbers, and seven columns of labels
to a sparse block. Reading the table is not counted.
"""

import json
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MultiLabelBinarizer, StandardScaler

from greenlight_films.benchmarks.stopwatch import seconds_of
from greenlight_films.datamodules import Feature, FilmEncoder, Labels, Number, read_table


class Columns(NamedTuple):
    """The columns of a table that are encoded."""

    numbers: list[str]
    labels: list[str]


WIKIDATA = Columns(["Year", "Runtime"], ["Genre", "Director", "Writer", "Cast", "Language", "Country", "Production"])


def ours(films: pd.DataFrame, columns: Columns = WIKIDATA) -> csr_array:
    """Encode with `FilmEncoder`; return the label block."""
    features: list[Feature[Any]] = [*map(Number, columns.numbers), *map(Labels, columns.labels)]
    return FilmEncoder(features).fit_encode(films, np.arange(len(films))).labels


def sklearn(films: pd.DataFrame, columns: Columns = WIKIDATA) -> csr_array:
    """Encode with scikit-learn; return the label block."""
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    numbers.fit_transform(films[columns.numbers])
    blocks = []
    for column in columns.labels:
        lists = [cell.split(", ") if cell else [] for cell in films[column].fillna("")]
        blocks.append(MultiLabelBinarizer(sparse_output=True).fit_transform(lists))
    return hstack(blocks, format="csr")


def measure(films: pd.DataFrame, repeats: int, columns: Columns = WIKIDATA) -> dict[str, Any]:
    """Time both on the same films."""
    assert ours(films, columns).sum() == sklearn(films, columns).sum(), "the two must do the same work"
    calls = {"ours": lambda: ours(films, columns), "sklearn": lambda: sklearn(films, columns)}
    times = seconds_of(calls, repeats)
    return {
        "films": len(films),
        **{f"{name}_seconds": round(seconds, 4) for name, seconds in times.items()},
        "ratio": round(times["sklearn"] / times["ours"], 1),
    }


if __name__ == "__main__":
    table = read_table("wikidata-films")
    copies = pd.concat([table] * 20, ignore_index=True)
    print(json.dumps({"sizes": [measure(table, 15), measure(copies, 3)]}))
