import numpy as np
import pyarrow.parquet as papq
import pytest

from greenlight_films.benchmarks import generated
from greenlight_films.benchmarks.generated import NAMES_A_FILM, stream_films, zipf


def test_names_are_as_frequent_as_zipfs_law_says():
    n_draws, n_names = 200_000, 1000
    counts = np.bincount(zipf(np.random.default_rng(0), n_draws, n_names), minlength=n_names)
    assert len(counts) == n_names
    whole = np.log(np.arange(1, n_names + 2))
    expected = n_draws * np.diff(whole) / whole[-1]
    assert ((counts - expected) ** 2 / expected).sum() == pytest.approx(n_names - 1, abs=5 * (2 * n_names) ** 0.5)


def test_a_table_is_written_in_parts_and_sorted_by_year(tmp_path, monkeypatch):
    monkeypatch.setattr(generated, "STREAMED", 300)
    stream_films(tmp_path / "films.parquet", 1000, 50)
    table = papq.read_table(tmp_path / "films.parquet")
    assert papq.ParquetFile(tmp_path / "films.parquet").num_row_groups == 4
    assert table.num_rows == 1000
    assert (np.diff(table["year"].to_numpy()) >= 0).all()
    names = table["names"].to_pylist()
    assert {len(cell) for cell in names} == {NAMES_A_FILM}
    assert {name for cell in names for name in cell} <= {f"P{number}" for number in range(50)}
    skill = np.random.default_rng(0).normal(size=50).astype(np.float32)
    means = np.array([np.mean([skill[int(name[1:])] for name in cell]) for cell in names])
    rest = table["rating"].to_numpy() - 6 - means - (table["year"].to_numpy() - 1978) / 50
    assert rest.std() == pytest.approx(0.2, rel=0.1)
