"""The published benchmark, on a small made-up table of the same columns."""

import gzip
import json
import sys

import numpy as np
import pandas as pd
import pytest

from greenlight_films.benchmarks import published
from greenlight_films.benchmarks.published import Benchmark, Plan, measure
from greenlight_films.benchmarks.published_inputs import PublishedFilms
from greenlight_films.benchmarks.published_peers import PEERS

N = 600


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    random = np.random.default_rng(0)
    director, kind = np.arange(N) % 150, random.integers(0, 8, N)
    frame = pd.DataFrame(random.normal(size=(N, 3)), columns=["movie_date", "number_of_votes", "time_duration_min"])
    frame["director_id"], frame["type_id"] = director, kind
    for word in ("life", "war", "love"):
        frame[f"w_{word}"] = random.integers(0, 2, N)
    frame.loc[3, "w_life"] = 2
    effects = random.normal(size=150)[director] + 0.5 * random.normal(size=8)[kind] + 0.5 * frame["w_war"]
    frame.insert(2, "score", 6 + effects + 0.3 * random.normal(size=N))
    path = tmp_path_factory.mktemp("published")
    frame.to_csv(path / "imdb.csv.gz", index=False)
    folds = [[int(row) + 1 for row in np.flatnonzero(np.arange(N) // 120 != fold)] for fold in range(5)]
    (path / "folds.json.gz").write_bytes(gzip.compress(json.dumps(folds).encode()))
    return path


@pytest.fixture(scope="module")
def benchmark_films(folder):
    return Benchmark.read(folder)


def run(monkeypatch, capsys, *options):
    monkeypatch.setattr(sys, "argv", ["published", *map(str, options)])
    code = published.main()
    return code, capsys.readouterr()


def test_the_folds_list_training_rows_from_1_and_all_others_are_tested(benchmark_films):
    np.testing.assert_array_equal(benchmark_films.test_rows(0), np.arange(120))
    np.testing.assert_array_equal(benchmark_films.folds[0], np.arange(120, N))


def test_the_command_prints_one_line_of_both_networks_and_peers(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(published, "EPOCHS", 2)
    code, output = run(
        monkeypatch, capsys, "--data", folder, "--folds", 0, 2, "--peers", "lightgbm", "--out", tmp_path / "line.json"
    )
    assert code == 0
    figures = json.loads(output.out)
    assert output.out.count("\n") == 1
    assert output.out == (tmp_path / "line.json").read_text(encoding="utf-8")
    for name in ("constant", "mse", "mse_near", "lightgbm"):
        assert len(figures[f"{name}_by_fold"]) == 2
        assert figures[name] == pytest.approx(np.mean(figures[f"{name}_by_fold"]), abs=1e-4)
    assert {"members": 1, "seed": 0, "folds": [0, 2]}.items() <= figures.items()
    assert {"torch", "lightgbm"} <= set(figures["versions"])
    assert "fold 2, near: epoch 2 of 2" in output.err


def test_the_network_finds_what_directors_and_words_add(benchmark_films):
    figures = measure(benchmark_films, Plan([1], near="false", epochs=30))
    score, test = benchmark_films.frame["score"], benchmark_films.test_rows(1)
    expected = ((score[test] - score[benchmark_films.folds[1]].mean()) ** 2).mean()
    assert figures["constant"] == pytest.approx(expected, abs=1e-4)
    assert figures["mse"] < 0.5 * figures["constant"]
    assert "mse_near" not in figures


@pytest.mark.parametrize("near", [False, True])
def test_targets_of_test_rows_reach_no_input(benchmark_films, near):
    def inputs(frame):
        data = PublishedFilms(frame, benchmark_films.folds[0], near, seed=0)
        data.setup("fit")
        return data.films.encoded.inputs, data.films.crossed.drawn

    frame = benchmark_films.frame
    before = inputs(frame)
    shuffled = frame.assign(score=frame["score"].where(frame.index >= 120, frame["score"].to_numpy()[::-1]))
    assert not shuffled["score"].equals(frame["score"])
    for inputs_before, inputs_after in zip(before, inputs(shuffled), strict=True):
        np.testing.assert_array_equal(inputs_before, inputs_after)


@pytest.mark.parametrize("near", ["false", "true"])
def test_a_permuted_target_is_predicted_as_by_the_constant(benchmark_films, near):
    # A film's own target in its inputs would be trusted, and new films be predicted far worse.
    score = np.random.default_rng(1).permutation(benchmark_films.frame["score"])
    permuted = Benchmark(benchmark_films.frame.assign(score=score), benchmark_films.folds)
    figures = measure(permuted, Plan([0], near=near, epochs=4))
    assert figures["mse_near" if near == "true" else "mse"] == pytest.approx(figures["constant"], rel=0.1)


def test_a_missing_table_is_refused_with_its_source_and_licence(tmp_path, monkeypatch, capsys):
    code, output = run(monkeypatch, capsys, "--data", tmp_path)
    assert code == 2
    for words in (f"no imdb.csv.gz in {tmp_path}", "arXiv 2307.02071", "CC BY-SA 4.0", "--data"):
        assert words in output.err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": None}, "must have a column score"),
        ({"w_life": None, "w_war": None, "w_love": None}, "must have a column w_..."),
    ],
    ids=["target", "words"],
)
def test_another_table_is_refused(folder, tmp_path, monkeypatch, capsys, change, message):
    pd.read_csv(folder / "imdb.csv.gz").drop(columns=list(change)).to_csv(tmp_path / "imdb.csv.gz", index=False)
    (tmp_path / "folds.json.gz").write_bytes((folder / "folds.json.gz").read_bytes())
    code, output = run(monkeypatch, capsys, "--data", tmp_path)
    assert code == 2
    assert message in output.err


def test_folds_of_another_table_are_refused(folder, tmp_path, monkeypatch, capsys):
    (tmp_path / "imdb.csv.gz").write_bytes((folder / "imdb.csv.gz").read_bytes())
    (tmp_path / "folds.json.gz").write_bytes(gzip.compress(b"[[1, 9999]]"))
    code, output = run(monkeypatch, capsys, "--data", tmp_path)
    assert code == 2
    assert "must hold 5 lists of training rows, from 1 to 600, got 1, 0 of them" in output.err


def test_a_peer_that_is_not_installed_is_named_with_its_installation(folder, monkeypatch, capsys):
    monkeypatch.setattr("greenlight_films.benchmarks.published_peers.find_spec", lambda name: None)
    code, output = run(monkeypatch, capsys, "--data", folder, "--peers", "gpboost")
    assert code == 2
    assert "pip install gpboost" in output.err


@pytest.mark.parametrize("peer", list(PEERS))
def test_each_peer_beats_the_constant(benchmark_films, peer):
    pytest.importorskip(peer)
    train, test = benchmark_films.folds[0], benchmark_films.test_rows(0)
    score = benchmark_films.frame["score"].to_numpy()
    predicted = PEERS[peer](benchmark_films.frame, train, test, 0)
    assert ((predicted - score[test]) ** 2).mean() < 0.95 * ((score[train].mean() - score[test]) ** 2).mean()
