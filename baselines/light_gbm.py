"""LightGBM, on numbers and on labels as target statistics or as columns of their own."""

from typing import Any, ClassVar

import numpy as np
import torch
from scipy.sparse import csr_matrix, hstack

from greenlight_films.baselines.boosted_trees import PATIENCE, RATE, BoostedTrees, Side
from greenlight_films.baselines.estimators import most_frequent
from greenlight_films.baselines.label_statistics import LabelStatistics
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms

STATISTICS, N_LABELS = "target statistics of labels", 500


class LightGBM(BoostedTrees):
    """LightGBM's trees (Ke and others 2017, "LightGBM", NeurIPS), each of a random part of the rows and columns."""

    name = "lightgbm"
    encodings = (STATISTICS, f"the {N_LABELS} most frequent labels")
    sizes, size_name = (7, 15, 31), "leaves"
    stored = (*BoostedTrees.stored, "labels")
    parts: ClassVar = {"statistics": LabelStatistics}

    def _fit_encode(self, training: Sample) -> np.ndarray | csr_matrix:
        self.labels = most_frequent(training.films.labels, N_LABELS)
        self.statistics = LabelStatistics()
        statistics = self.statistics.fit_encode(training)
        if self.encoding == STATISTICS:
            return np.hstack([training.films.dense, statistics])
        return self._encode(training.films)

    def _encode(self, films: EncodedFilms) -> np.ndarray | csr_matrix:
        if self.encoding == STATISTICS:
            return np.hstack([films.dense, self.statistics.encode(films)])
        return csr_matrix(hstack([csr_matrix(films.dense), films.labels[:, self.labels]]))

    def _settings(self, n_rows: int, n_columns: int) -> dict[str, Any]:
        return {
            "objective": "regression",
            "learning_rate": RATE,
            "num_leaves": self.size,
            "min_data_in_leaf": min(20, n_rows // 10),  # fewer where there are few rows
            "feature_fraction": min(1.0, max(0.3, 8 / n_columns)),  # an interaction needs both its columns
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "lambda_l2": 5.0,
            "seed": 0,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": torch.get_num_threads(),
            "verbosity": -1,
        }

    def _stop_early(self, training: Side, held_out: Side) -> tuple[int, float]:
        import lightgbm

        (rows, sample), (others, scored) = training, held_out
        train = lightgbm.Dataset(rows, sample.target, weight=sample.weights)
        val = lightgbm.Dataset(others, scored.target, weight=scored.weights, reference=train)
        stop = lightgbm.early_stopping(PATIENCE, verbose=False)
        settings = self._settings(*rows.shape)
        booster = lightgbm.train(settings, train, self.most_trees, valid_sets=[val], callbacks=[stop])
        return booster.best_iteration, booster.best_score["valid_0"]["l2"]

    def _grow(self, training: Side) -> bytes:
        import lightgbm

        rows, sample = training
        train = lightgbm.Dataset(rows, sample.target, weight=sample.weights)
        booster = lightgbm.train(self._settings(*rows.shape), train, self.n_trees)
        return booster.model_to_string().encode()

    def _loaded(self, model: bytes) -> Any:
        import lightgbm

        return lightgbm.Booster(model_str=model.decode())
