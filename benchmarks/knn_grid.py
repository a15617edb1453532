"""The grid of nearest neighbours (k 1 to 50, two weightings, two metrics, 5 folds) against scikit-learn's grid search.

    python -m greenlight_films.benchmarks.knn_grid [TABLE]

On the rating study's six numbers (`../shared/data/final_movie_table_numeric.csv`, or TABLE) where they are there, else
on year and runtime of the embedded films. Both are given the same folds, and find the same settings and RMSE; on whole
years and minutes, where many neighbours are equally far away, RMSE may differ in the third digit.
"""

import json
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV, KFold, train_test_split
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from greenlight_films.baselines.neighbours import METRICS, WEIGHTS, Points, grid_search
from greenlight_films.datamodules import read_table

TABLE, LARGEST_K = Path("../shared/data/final_movie_table_numeric.csv"), 50
COUNTS = ["budget", "revenue", "vote_count", "user_rating_count", "keyword_count"]


def study_films(table: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the training rows' features and target of the rating study, or of the embedded films."""
    if table.is_file():
        films = read_table(str(table))
        features, target = np.log1p(films[COUNTS]).assign(runtime=films["runtime"]), films["vote_average"]
    else:
        films = read_table("wikidata-films").dropna(subset=["Year", "Runtime", "Rating"])
        features, target = films[["Year", "Runtime"]].astype(float), films["Rating"]
    train, _ = train_test_split(np.arange(len(films)), test_size=0.25, random_state=3001)
    return features.iloc[train].reset_index(drop=True), target.to_numpy(np.float64)[train]


def theirs(features: pd.DataFrame, target: np.ndarray, folds: KFold, n_jobs: int) -> pd.DataFrame:
    """Return scikit-learn's cross-validated RMSE of each setting."""
    grid = {
        "kneighborsregressor__n_neighbors": list(range(1, LARGEST_K + 1)),
        "kneighborsregressor__weights": list(WEIGHTS),
        "kneighborsregressor__metric": list(METRICS),
    }
    pipeline = make_pipeline(StandardScaler(), KNeighborsRegressor())
    search = GridSearchCV(pipeline, grid, scoring="neg_root_mean_squared_error", cv=folds, n_jobs=n_jobs)
    results = pd.DataFrame(search.fit(features, target).cv_results_)
    names = {f"param_kneighborsregressor__{name}": name for name in ("metric", "weights")}
    return results.rename(columns={**names, "param_kneighborsregressor__n_neighbors": "k"}).assign(
        val_rmse=-results["mean_test_score"]
    )


def measure(table: Path = TABLE, rounds: int = 3, most_rows: int | None = None, n_jobs: int = -1) -> dict[str, Any]:
    """Time both in turn, ours before and after scikit-learn's, which uses every core; ours is one process."""
    features, target = study_films(table)
    features, target = features[:most_rows], target[:most_rows]
    folds, points = KFold(5), Points(features.to_numpy(), target)
    times = []
    for index in range(rounds + 1):
        start = perf_counter()
        ours = grid_search([(points.take(train), points.take(val)) for train, val in folds.split(features)], LARGEST_K)
        times.append(perf_counter() - start)
        if index == 0:
            start = perf_counter()
            peer = theirs(features, target, folds, n_jobs)
            peer_seconds = perf_counter() - start
    seconds = {"ours": float(np.median(times)), "scikit_learn": peer_seconds}
    keys = ["metric", "k", "weights"]
    both = ours.merge(peer, on=keys, suffixes=("", "_theirs"), validate="1:1")
    return {
        "rows": len(features),
        "features": features.shape[1],
        "settings": len(both),
        "best": {name: str(ours.loc[ours["val_rmse"].idxmin(), name]) for name in keys},
        "same_best": bool(both["val_rmse"].idxmin() == both["val_rmse_theirs"].idxmin()),
        "largest_difference_of_rmse": float((both["val_rmse"] - both["val_rmse_theirs"]).abs().max()),
        "seconds": {name: round(taken, 2) for name, taken in seconds.items()},
        "ratio": round(seconds["scikit_learn"] / seconds["ours"], 1),
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]) if len(sys.argv) > 1 else TABLE)))
