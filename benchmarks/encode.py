"""Our encoder against scikit-learn's binarizers: the embedded films, and 20 copies of them.

    python -m benchmarks.encode

Both learn vocabularies and scales from the films and encode the same films: two numbers, and seven columns of labels
to a sparse block. Reading the table is not counted.
"""

import json
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import hstack
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MultiLabelBinarizer, StandardScaler

from greenlight_films.benchmarks.stopwatch import seconds_of
from greenlight_films.datamodules import Feature, FilmEncoder, Labels, Number, read_table

NUMBERS = ["Year", "Runtime"]
LABELS = ["Genre", "Director", "Writer", "Cast", "Language", "Country", "Production"]


def ours(films: pd.DataFrame) -> Any:
    """Encode with `FilmEncoder`; return the label block."""
    features: list[Feature[Any]] = [*(Number(column) for column in NUMBERS), *(Labels(column) for column in LABELS)]
    return FilmEncoder(features).fit_encode(films, np.arange(len(films))).labels


def sklearn(films: pd.DataFrame) -> Any:
    """Encode with scikit-learn; return the label block."""
    make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()).fit_transform(films[NUMBERS])
    blocks = []
    for column in LABELS:
        lists = [cell.split(", ") if cell else [] for cell in films[column].fillna("")]
        blocks.append(MultiLabelBinarizer(sparse_output=True).fit_transform(lists))
    return hstack(blocks, format="csr")


def measure(copies: int, repeats: int) -> dict[str, Any]:
    """Time both on so many copies of the embedded films."""
    films = pd.concat([read_table("wikidata-films")] * copies, ignore_index=True)
    assert ours(films).sum() == sklearn(films).sum(), "the two must do the same work"
    times = seconds_of({"ours": lambda: ours(films), "sklearn": lambda: sklearn(films)}, repeats)
    return {
        "films": len(films),
        "ours_seconds": round(times["ours"], 4),
        "sklearn_seconds": round(times["sklearn"], 4),
        "ratio": round(times["sklearn"] / times["ours"], 1),
    }


if __name__ == "__main__":
    print(json.dumps({"sizes": [measure(1, 15), measure(20, 3)]}))
