"""What stands in a run's folder, as tests read it."""

import gzip
import json
import re
from base64 import b64decode
from pathlib import Path

import pandas as pd
import pytest
import torch
from scipy.stats import spearmanr
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score, root_mean_squared_error
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

IMPORTANCES = [
    "Aggregated_importanceNN.txt",
    "Permu_importance_df.csv",
    "aggregated_importance.csv",
    "background.npz",
    "contributions.parquet",
    "employee_with_importance.csv",
    "explained.npz",
    "held_out_labels.parquet",
    "importance.json",
    "importance.png",
    "importance_groups.csv",
    "importance_pairs.csv",
]
"""The files of importances in a run's folder."""
TABLES = [name for name in IMPORTANCES if name.endswith((".csv", ".txt", ".parquet"))]
CHECKPOINTS = ["checkpoints/best.ckpt", "checkpoints/last.ckpt"]
OF_MODELS = [
    *(f"artifacts/{name}.npz" for name in ("mlp", "mean", "ridge", "pca")),
    *(f"artifacts/{name}.json" for name in ("features", "metadata")),
    "baselines/predictions.csv",
    *(f"baselines/pca/{name}.csv" for name in ("loadings", "scores", "variance")),
    *("baselines/ridge/coefficients.csv", "baselines/ridge/search.csv"),
]
LEFT_BY_A_STUDY = sorted(
    [
        *(*IMPORTANCES, *CHECKPOINTS, *OF_MODELS, "config.yaml", "leaderboard.csv", "metrics.json"),
        *("predictions.csv", "intervals.json", "coverage.csv"),
    ]
)


def metrics_of(run: Path) -> dict:
    return json.loads((run / "metrics.json").read_text(encoding="utf-8"))


def scored_by_test(metrics: dict) -> dict:
    """Return the scores that `test` finds: other models are fitted by a study alone."""
    return {model: metrics["models"][model] for model in ("mlp", "mean")}


def predictions_of(run: Path, name: str = "predictions.csv") -> pd.DataFrame:
    return pd.read_csv(run / name, keep_default_na=False, na_values={"actual": "", "predicted": ""})


def checkpoint_of(run: Path, name: str) -> dict:
    return torch.load(run / "checkpoints" / f"{name}.ckpt", map_location="cpu", weights_only=True)


def plotly_of(html: str) -> str:
    """Return the plotly.js that a page has packed."""
    (packed,) = re.findall(r'<script type="text/plain" id="plotly-data">(.*?)</script>', html, re.DOTALL)
    return gzip.decompress(b64decode(packed)).decode("utf-8")


def versions_in(runs: Path) -> list[str]:
    return sorted(path.relative_to(runs).as_posix() for path in runs.rglob("version_*"))


def described(run: Path) -> dict:
    return json.loads((run / "importance.json").read_text(encoding="utf-8"))


def tables_of(run: Path) -> dict[str, bytes]:
    """Return the files of importances that say nothing of the time they took."""
    return {name: (run / name).read_bytes() for name in TABLES if (run / name).exists()}


def files_in(run: Path) -> list[str]:
    return sorted(path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file())


def expected_scores(actual: pd.Series, predicted: pd.Series) -> dict[str, float]:
    return {
        "rmse": pytest.approx(root_mean_squared_error(actual, predicted), rel=1e-6),
        "mse": pytest.approx(mean_squared_error(actual, predicted), rel=1e-6),
        "mae": pytest.approx(mean_absolute_error(actual, predicted), rel=1e-6),
        "r2": pytest.approx(r2_score(actual, predicted), rel=1e-6),
        "spearman": pytest.approx(spearmanr(actual, predicted).statistic, rel=1e-6),
    }


def scalars_of(run: Path) -> dict[str, list[tuple[int, float]]]:
    scalars: dict[str, list[tuple[int, float]]] = {}
    for path in sorted(run.glob("events.out.tfevents.*")):
        events = EventAccumulator(str(path)).Reload()
        for tag in events.Tags()["scalars"]:
            scalars.setdefault(tag, []).extend((event.step, event.value) for event in events.Scalars(tag))
    return scalars


def texts_of(run: Path) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for path in sorted(run.glob("events.out.tfevents.*")):
        events = EventAccumulator(str(path)).Reload()
        for tag in events.Tags()["tensors"]:
            words = [event.tensor_proto.string_val[0].decode() for event in events.Tensors(tag)]
            texts.setdefault(tag.removesuffix("/text_summary"), []).extend(words)
    return texts


def hyperparameters_of(run: Path) -> list[dict]:
    """Return what the tab HPARAMS reads, each time that it was written."""
    tag, written = "_hparams_/session_start_info", []
    for path in sorted(run.glob("events.out.tfevents.*")):
        metadata = EventAccumulator(str(path)).Reload().summary_metadata
        if tag in metadata:
            start = HParamsPluginData.FromString(metadata[tag].plugin_data.content).session_start_info
            written.append({name: getattr(value, value.WhichOneof("kind")) for name, value in start.hparams.items()})
    return written
