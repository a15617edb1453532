"""Small tables for the figures' tests, with names that would act in a page that lets them."""

import numpy as np
import pandas as pd

NASTY = "<img src=x onerror=alert(1)> <a href=javascript:alert(1)>%{x} $a$</a></script>"

KNN = pd.DataFrame({"k": [1, 2, 3], "train_rmse": [0.1, 0.6, 0.8], "val_rmse": [1.5, 1.2, 1.3]})
GRID = pd.DataFrame({"metric": "manhattan", "k": [1, 2, 3], "weights": "distance", "val_rmse": [1.4, 1.3, 1.1]})
SWEEP = pd.DataFrame({"k": [2, 3], "inertia": [90.0, 50.0], "silhouette": [0.2, 0.4]})
PROFILES = pd.DataFrame(
    {"k": 2, "cluster": [0, 1], "n_rows": [3, 1], "column": NASTY, "mean": [10.0, 30.0], "mean_of_all": 15.0}
)
QUARTILES = {"min": [0.0, 4.0], "q25": [4.0, 5.0], "median": [5.0, 6.0], "q75": [6.0, 7.0], "max": [20.0, 8.0]}
BY_CLUSTER = pd.DataFrame({"k": 2, "cluster": [0, 1], "n_rows": [3, 1], "mean": [5.0, 6.0], **QUARTILES})
VARIANCE = pd.DataFrame({"component": [1, 2, 3], "ratio": [0.5, 0.35, 0.15], "cumulative": [0.5, 0.85, 1.0]})
LOADINGS = pd.DataFrame({"feature": [NASTY, "b"], "pc1": [0.6, -0.8], "pc2": [0.8, 0.6]})
CURVES = pd.DataFrame({"epoch": [1, 2, 3], "train": [0.9, 0.7, 0.5], "val": [0.8, 0.6, 0.7]})
RUNS = pd.DataFrame({"run": [NASTY, "b"], "model": NASTY, "rmse": [1.0, 1.2], "r2": [0.4, 0.3]})
INTERVALS = pd.DataFrame(
    {
        "model": [NASTY, NASTY, "mean", "mean"],
        "score": ["rmse", "r2"] * 2,
        "value": [0.5, 0.75, 1.0, 0.0],
        "low_95": [0.4, 0.6, 0.9, -0.1],
        "high_95": [0.7, 0.8, 1.2, 0.0],
    }
)
COVERAGE = pd.DataFrame(
    {
        "level": [80, 80, 95, 95],
        "films": [100, 20] * 2,
        "covered": [0.81, 0.7, 0.96, 0.9],
        "covered_low": [0.72, 0.48, 0.9, 0.7],
        "covered_high": [0.87, 0.85, 0.98, 0.97],
        "width": [1.0, 2.0, 1.5, 3.0],
    }
)
DIFFERENCES = pd.DataFrame(
    {
        "model": ["mlp", NASTY, "mean"],
        "compared": ["rmse", "rmse", "mae"],
        "difference": [0.0, 0.1, -0.5],
        "difference_low_95": [0.0, -0.1, -0.7],
        "difference_high_95": [0.0, 0.2, -0.4],
        "difference_p": [1.0, 0.3, 0.001],
    }
)
IMPORTANCES = pd.DataFrame(
    {
        "feature": [f"Cast={NASTY}", "Year", "Cast=C"],
        "column": ["Cast", "Year", "Cast"],
        "value": [NASTY, None, "C"],
        "name": [NASTY, "Year", "C"],
        "role": ["actor", "Year", "actor"],
        "level": ["value", "number", "value"],
        "n_films": [9, 60, 0],
        "importance": [0.3, 0.1, np.nan],
        "se_shuffle": [0.03, 0.0, np.nan],
        "se_sample": [0.04, 0.01, np.nan],
        "direction": [0.5, -0.2, np.nan],
    }
)
GROUPS = pd.DataFrame(
    {
        "features": [f"Cast={NASTY} + Director=B", "Cast=C + Cast=D + Writer=E"],
        "n_films": [9, 3],
        "importance": [0.3, 0.1],
        "low_95": [0.2, -0.1],
        "high_95": [0.5, 0.2],
        "sum_of_values": [0.2, 0.15],
    }
)
PAIRS = pd.DataFrame(
    {
        "first": [f"Cast={NASTY}", "Cast=C", "Cast=D"],
        "second": ["Director=B", "Writer=E", "Writer=E"],
        "n_films": [9, 3, 4],
        **{"joint": [0.3, 0.1, 0.2], "joint_low_95": [0.2, -0.1, 0.1], "joint_high_95": [0.5, 0.2, 0.4]},
        **{"first_alone": [0.1, 0.0, 0.1], "second_alone": [0.15, 0.1, 0.0]},
        "prediction": [0.5, np.nan, -2.0],
        "prediction_low_95": [-0.1, np.nan, -3.0],
        "prediction_high_95": [1.1, np.nan, -1.0],
    }
)
PARTS = pd.DataFrame(
    {
        "name": ["genre", NASTY, NASTY, "genre"],
        "level": "role",
        "part": ["name", "name", "record", "record"],
        "importance": [0.1, -0.01, 0.4, 0.2],
        "low_95": [0.0, -0.1, 0.3, 0.1],
        "high_95": [0.2, 0.1, 0.5, 0.3],
        "p": 0.1,
        "n_films": [40, 30, 30, 40],
    }
)
CONDITIONAL = pd.DataFrame(
    {
        "name": [NASTY, "Cast"],
        "importance": [0.4, 0.2],
        "conditional": [0.1, 0.2],
        "low_95": [0.05, 0.1],
        "high_95": [0.15, 0.3],
        "explained": [0.8, np.nan],
        "n_films": [60, 50],
    }
)
OLS = pd.DataFrame(
    {
        "name": ["const", NASTY, "b", "c"],
        "coefficient": [2.0, 1.0, -1.0, np.nan],
        "low_95": [1.0, 0.5, -3.0, np.nan],
        "high_95": [3.0, 1.5, 1.0, np.nan],
        "low_95_hc3": [1.0, 0.4, np.nan, np.nan],
        "high_95_hc3": [3.0, 1.6, np.nan, np.nan],
        "left_out": ["", "", "", "constant"],
    }
)


SEEDS = pd.DataFrame(
    {
        "seed": [1, 1, 2, 2],
        "model": [NASTY, "mean", NASTY, "mean"],
        "rmse": [1.0, 2.0, 1.4, 2.2],
        "r2": [0.6, 0.0, 0.4, -0.1],
    }
)


def films(n: int = 60) -> pd.DataFrame:
    """Return films with predictions, clusters and scores on components."""
    stream = np.random.default_rng(0)
    actual = stream.normal(6, 1, n)
    return pd.DataFrame(
        {
            "film": np.arange(n),
            "title": NASTY,
            "actual": actual,
            "predicted": actual + stream.normal(0, 0.5, n),
            "genre": np.where(np.arange(n) % 2, NASTY, "Drama"),
            "year": 1960 + np.arange(n),
            "cluster": np.arange(n) % 3,
            **{name: stream.normal(size=n) for name in ("pc1", "pc2", "pc3")},
        }
    )
