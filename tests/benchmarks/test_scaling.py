"""The benchmark of training steps: its films follow the law that it states; how fast steps are, no test asserts."""

import numpy as np
import pytest

from greenlight_films.benchmarks.scaling import DENSE_UP_TO, LABELS_A_FILM, Case, size


@pytest.mark.parametrize("exponent", [0.7, 1.0])
def test_labels_follow_zipfs_law_with_scattered_ids(exponent):
    case = Case(labels=500, batch=1000, exponent=exponent, steps=20)
    labels = case.films().labels.numpy()
    assert len(labels) == 23 * 1000 * LABELS_A_FILM
    counts = np.bincount(labels, minlength=500)
    frequencies = np.arange(1, 501) ** -exponent
    shares = np.sort(counts)[:-51:-1] / len(labels)
    np.testing.assert_allclose(shares, frequencies[:50] / frequencies.sum(), rtol=0.1)
    assert abs(np.corrcoef(np.arange(500), counts)[0, 1]) < 0.2


@pytest.mark.parametrize("loop", ["bare", "lightning"])
@pytest.mark.parametrize("optimiser", ["rowwise_adagrad", "adam"])
@pytest.mark.filterwarnings("ignore:.*no `val_dataloader`.*")
def test_a_case_reports_time_memory_and_touched_rows(loop, optimiser):
    figures = Case(labels=200, batch=8, optimiser=optimiser, loop=loop, steps=2).measure()
    assert figures["step_ms"] > 0
    assert figures["peak_gb"] > 0.01
    assert 8 < figures["rows_touched"] < 8 * LABELS_A_FILM


@pytest.mark.parametrize("labels", [1_000, 10_000_000])
def test_figures_of_a_size_have_their_keys_and_dense_ones_where_they_fit(monkeypatch, labels):
    measured = []

    def noted(case: Case, huge_pages: bool = False) -> dict[str, float]:
        measured.append((case.optimiser, case.loop, huge_pages))
        return {"step_ms": 2.0, "peak_gb": 5.0, "rows_touched": 7}

    monkeypatch.setattr(Case, "in_a_process", noted)
    figures = size(Case(labels, 256))
    dense = 2.0 if labels <= DENSE_UP_TO else None
    assert list(figures)[:7] == [
        *("labels", "films", "batch", "step_ms", "dense_step_ms", "peak_gb"),
        "importance_seconds",
    ]
    assert [figures[name] for name in ("labels", "batch", "step_ms", "dense_step_ms")] == [labels, 256, 2.0, dense]
    assert figures["huge_pages"] == figures["lightning"] == {"step_ms": 2.0, "dense_step_ms": dense}
    assert len(set(measured)) == len(measured) == (7 if dense else 4)
