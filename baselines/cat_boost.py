"""CatBoost, on numbers and on labels as its own categories or as text."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import torch
from scipy.sparse import csr_array

from greenlight_films.baselines.boosted_trees import PATIENCE, RATE, BoostedTrees, Side
from greenlight_films.baselines.label_statistics import block_of_labels
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms, InputError

CATEGORIES, TEXT = "labels as categories", "labels as text"
N_CATEGORIES = 2  # of a film in a column
WORDS = {"dictionary_id": "Word", "max_dictionary_size": "200", "occurrence_lower_bound": "1"}  # of a column


class CatBoost(BoostedTrees):
    """CatBoost's trees (Prokhorenkova and others 2018, "CatBoost", NeurIPS), with its own statistics of categories.

    As categories a film has the two labels of each column that most training films have, and the number of its labels;
    as text all labels are words.

    `block` is the block of columns of each label, `n_rows` are its training rows, each (n_labels,).
    """

    name = "catboost"
    encodings = (CATEGORIES, TEXT)
    sizes, size_name = (4, 6, 8), "depth"
    stored = (*BoostedTrees.stored, "block", "n_rows")

    def _fit_encode(self, training: Sample) -> pd.DataFrame:
        self.block = block_of_labels(training.space)
        self.n_rows = np.bincount(training.films.labels.indices, minlength=len(self.block))
        return self._encode(training.films)

    def _encode(self, films: EncodedFilms) -> pd.DataFrame:
        columns = {f"number {index}": values for index, values in enumerate(films.dense.T)}
        for block in range(int(self.block.max(initial=-1)) + 1):
            own = np.flatnonzero(self.block == block)
            labels = films.labels[:, own]
            if self.encoding == TEXT:
                columns[f"{TEXT} {block}"] = words(labels)
                continue
            columns[f"count {block}"] = np.diff(labels.indptr)
            for rank, categories in enumerate(most_common(labels, self.n_rows[own], N_CATEGORIES).T):
                columns[f"{CATEGORIES} {block} {rank}"] = categories
        return pd.DataFrame(columns)

    def _unfitted(self, n_trees: int) -> Any:
        from catboost import CatBoostRegressor

        return CatBoostRegressor(
            iterations=n_trees,
            learning_rate=RATE,
            depth=self.size,
            random_seed=0,
            thread_count=torch.get_num_threads(),
            verbose=False,
            allow_writing_files=False,
            text_processing={
                "dictionaries": [WORDS],
                "feature_processing": {"default": [{"dictionaries_names": ["Word"], "feature_calcers": ["BoW"]}]},
            },
        )

    def _trained(self, n_trees: int, training: Side, **options: Any) -> Any:
        from catboost import CatBoostError

        try:
            return self._unfitted(n_trees).fit(_pool(training), **options)
        except CatBoostError as problem:  # all columns are constant
            raise InputError(f"compare.models: catboost can't be fitted to these films: {problem}") from None

    def _stop_early(self, training: Side, held_out: Side) -> tuple[int, float]:
        model = self._trained(self.most_trees, training, eval_set=_pool(held_out), early_stopping_rounds=PATIENCE)
        return model.best_iteration_ + 1, model.best_score_["validation"]["RMSE"] ** 2

    def _grow(self, training: Side) -> bytes:
        model = self._trained(self.n_trees, training)
        with TemporaryDirectory() as folder:
            file = Path(folder) / "model.cbm"
            model.save_model(str(file))
            return file.read_bytes()

    def _loaded(self, model: bytes) -> Any:
        from catboost import CatBoostRegressor

        return CatBoostRegressor().load_model(blob=model)


def words(labels: csr_array) -> np.ndarray:
    """Return the indices of each row's labels as a text, (n_rows,); "-" where it has none."""
    offsets, names = pa.array(labels.indptr, pa.int32()), pc.cast(pa.array(labels.indices), pa.string())
    texts = pc.binary_join(pa.ListArray.from_arrays(offsets, names), " ")
    return pc.if_else(pc.equal(texts, ""), "-", texts).to_numpy(zero_copy_only=False)


def most_common(labels: csr_array, counts: np.ndarray, n: int) -> np.ndarray:
    """Return the indices of each row's n labels with the highest counts, (n_rows, n), -1 where it has fewer."""
    row = np.repeat(np.arange(labels.shape[0]), np.diff(labels.indptr))
    order = np.lexsort((labels.indices, -counts[labels.indices], row))
    rank = np.arange(len(row)) - labels.indptr[row]
    first = np.full((labels.shape[0], n), -1)
    kept = rank < n
    first[row[kept], rank[kept]] = labels.indices[order][kept]
    return first


def _pool(side: Side) -> Any:
    from catboost import Pool

    rows, sample = side
    categories, texts = ([name for name in rows if name.startswith(kind)] for kind in (CATEGORIES, TEXT))
    return Pool(rows, sample.target, weight=sample.weights, cat_features=categories, text_features=texts)
