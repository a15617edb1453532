"""Several devices, each a process: one run, its files and messages once, and the results of one process.

Here the processes are forked as torchrun would start them; `tests/soak/test_devices.py` has real launchers.
"""

import json
import shutil
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from tests.conftest import IMPORTANCES
from tests.processes import Forked, as_of_torchrun, ending, finish, free_port
from tests.runs import (
    LEFT_BY_A_STUDY,
    checkpoint_of,
    described,
    expected_scores,
    files_in,
    hyperparameters_of,
    metrics_of,
    predictions_of,
    scalars_of,
    scored_by_test,
    tables_of,
    texts_of,
    versions_in,
)

WITHOUT_DROPOUT = ["--model.dropout", "0", "--model.label_dropout", "0", "--trainer.max_epochs", "3"]
"""What a device drops is its own draw."""

ROUNDING = 2e-7
"""How far weights of up to 0.7 may differ after three epochs; 6e-8 was measured, sums of float32 in another order."""

ONE_PROCESS = ["--trainer.devices", "1", "--trainer.strategy", "auto"]


def on(n: int) -> list[str]:
    return ["--trainer.devices", str(n), "--trainer.strategy", "ddp"]


def in_processes(*words: object, cwd: Path, n: int = 2) -> list[tuple[int, str, str]]:
    """Run a command in two processes, or n, as torchrun starts them; return what each printed."""
    port = free_port()
    with ending() as processes:
        processes += [Forked(*words, cwd=cwd, before=partial(as_of_torchrun, rank, n, port)) for rank in range(n)]
        return [finish(process) for process in processes]


def weights_of(run: Path, name: str = "last") -> torch.Tensor:
    """Return all weights of a checkpoint, after the last epoch by default."""
    return torch.cat([weights.flatten() for weights in checkpoint_of(run, name)["state_dict"].values()])


@pytest.fixture(scope="session")
def study_alone(command, study_config, tmp_path_factory) -> SimpleNamespace:
    """Return a study in one process."""
    runs = tmp_path_factory.mktemp("alone")
    assert command("study", "--config", study_config, "--runs", runs, *WITHOUT_DROPOUT).code == 0
    path = runs / "small" / "version_0"
    return SimpleNamespace(path=path, predictions=predictions_of(path))


@pytest.fixture(scope="module")
def shared(study_config, tmp_path_factory) -> SimpleNamespace:
    """Return a study on two processes, in a folder where nothing else is."""
    here = tmp_path_factory.mktemp("two") / "here"
    here.mkdir()
    answers = in_processes("study", "--config", study_config, *WITHOUT_DROPOUT, *on(2), cwd=here)
    assert [(code, err.count("Traceback")) for code, _, err in answers] == [(0, 0)] * 2, answers
    return SimpleNamespace(here=here, path=here / "runs" / "small" / "version_0", out=[out for _, out, _ in answers])


def test_two_processes_take_the_steps_of_one(shared, study_alone):
    alone = weights_of(study_alone.path)
    assert alone.abs().max() < 0.7
    assert (alone - weights_of(shared.path)).abs().max() < ROUNDING
    scores, expected = (metrics_of(path)["models"]["mlp"] for path in (shared.path, study_alone.path))
    assert scores == pytest.approx(expected, rel=1e-6)


def test_two_processes_write_one_run(shared):
    assert versions_in(shared.here) == ["runs/small/version_0"]
    assert [path.name for path in shared.here.iterdir()] == ["runs"]
    assert [path.name for path in (shared.here / "runs").iterdir()] == ["small"]
    others = [name for name in files_in(shared.path) if not name.startswith("events.")]
    assert [name for name in others if name != "hparams.yaml"] == sorted([*LEFT_BY_A_STUDY, "model_card.md"])
    for text in ("small: rating of 198 films", "45 held-out test films", "What the predictions of 45 test films rest"):
        assert [out.count(text) for out in shared.out] == [1, 0]


def test_two_processes_write_for_tensorboard_what_one_writes(shared, study_alone):
    two = scalars_of(shared.path)
    assert set(two) == set(scalars_of(study_alone.path))
    for tag in ("train/learning_rate", "train/gradient_norm_mean", "train/gradient_norm_max"):
        assert len(two[tag]) == 3, tag
    assert {name: len(texts) for name, texts in texts_of(shared.path).items()} == {"config": 1, "data": 1}
    assert len(hyperparameters_of(shared.path)) == 1


def test_two_processes_predict_every_film_once(shared, study_alone):
    assert predictions_of(shared.path)["row"].tolist() == study_alone.predictions["row"].tolist()
    tested = predictions_of(shared.path).query("split == 'test'")
    assert len(tested) % 2 == 1
    assert metrics_of(shared.path)["models"]["mlp"] == expected_scores(tested["actual"], tested["predicted"])


@pytest.mark.slow
def test_two_processes_measure_the_importances_that_one_measures(shared, command, tmp_path):
    two, updates = tables_of(shared.path), described(shared.path)["row_updates"]
    assert pd.read_csv(shared.path / "Permu_importance_df.csv")["importance"][0] > 0.01
    assert described(shared.path)["rows"] % 2 == 1
    own = shutil.copytree(shared.path, tmp_path / "small" / "version_0")
    for name in IMPORTANCES:
        (own / name).unlink()
    assert command("importance", "--run", own, *ONE_PROCESS).code == 0
    assert tables_of(own) == two
    assert described(own)["row_updates"] == updates > 0


def test_one_process_measures_the_scores_of_two(shared, command):
    two = scored_by_test(metrics_of(shared.path))
    assert two["mlp"]["rmse"] > 0
    assert two["mlp"]["rmse"] != two["mean"]["rmse"]
    # Not those of the study, but new ones.
    (shared.path / "metrics.json").write_text(json.dumps({**metrics_of(shared.path), "models": {}}), encoding="utf-8")
    answer = command("test", "--run", shared.path, *ONE_PROCESS)
    assert (answer.code, answer.err) == (0, "")
    again = metrics_of(shared.path)["models"]
    assert set(again) == set(two)
    for model, scores in two.items():
        known = {name: value for name, value in scores.items() if value is not None}
        assert {name: again[model][name] for name in known} == pytest.approx(known, rel=1e-6, abs=1e-6)
        assert {name for name, value in again[model].items() if value is None} == set(scores) - set(known)


@pytest.mark.parametrize("strategy", ["ddp_spawn", "ddp_fork"])
def test_processes_that_keep_their_results_are_refused(command, study_config, tmp_path, strategy):
    options = ["--runs", tmp_path, "--trainer.devices", 2, "--trainer.strategy", strategy]
    answer = command("study", "--config", study_config, *options)
    assert answer.code == 2
    assert "trainer.strategy must be one whose processes are commands of their own" in answer.err
    assert versions_in(tmp_path) == []


@pytest.mark.slow
def test_a_study_by_columns_finds_what_one_process_does(study_alone, study_config, command, tmp_path):
    (here := tmp_path / "here").mkdir()
    words = ["study", "--config", study_config, *WITHOUT_DROPOUT, "--model.shard_first", "true", *on(2)]
    answers = in_processes(*words, cwd=here)
    assert [(code, err.count("Traceback")) for code, _, err in answers] == [(0, 0)] * 2, answers
    run = here / "runs" / "small" / "version_0"
    assert (weights_of(study_alone.path) - weights_of(run)).abs().max() < ROUNDING
    scores, expected = (scored_by_test(metrics_of(path))["mlp"] for path in (run, study_alone.path))
    assert scores == pytest.approx(expected, rel=1e-5)
    with np.load(run / "artifacts" / "mlp.npz") as saved:
        table = checkpoint_of(run, "best")["state_dict"]["network.first.label_weight"]
        assert np.array_equal(saved["network.first.label_weight"], table)
    both = [pd.read_csv(path / "Permu_importance_df.csv").set_index("feature") for path in (run, study_alone.path)]
    importance, expected = both[0]["importance"], both[1]["importance"]
    assert importance.reindex(expected.index).to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-3, abs=1e-6)
    assert command("test", "--run", run, *ONE_PROCESS).code == 0
    assert scored_by_test(metrics_of(run))["mlp"] == pytest.approx(scores, rel=1e-5)
    before = {name: (run / name).read_bytes() for name in ("Permu_importance_df.csv", "contributions.parquet")}
    for name in before:
        (run / name).unlink()
    assert [code for code, *_ in in_processes("importance", "--run", run, cwd=here)] == [0, 0]
    assert {name: (run / name).read_bytes() for name in before} == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--model.hidden", "[7]", "--trainer.strategy", "ddp"],
            "model.hidden must begin with a multiple of the 2 processes, got 7",
        ),
        (["--trainer.strategy", "auto"], "needs trainer.strategy ddp and trainer.precision 32-true or bf16-mixed, got"),
        (["--trainer.strategy", "ddp", "--trainer.precision", "64-true"], "got ddp and 64-true"),
    ],
    ids=["width", "strategy", "precision"],
)
def test_columns_that_can_not_be_shared_out_are_refused(command, study_config, tmp_path, options, message):
    words = ["--runs", tmp_path, "--model.shard_first", "true", "--trainer.devices", 2, *options]
    answer = command("fit", "--config", study_config, *words)
    assert answer.code == 2
    assert message in answer.err


AVERAGED = json.dumps([{"class_path": "lightning.pytorch.callbacks.EMAWeightAveraging", "init_args": {"decay": 0.5}}])

TRAININGS = {
    "rowwise_adagrad": {
        **{"model.optimiser": "rowwise_adagrad", "model.label_decay": 0.1, "trainer.gradient_clip_val": 0.5},
    },
    "rowwise_adam": {
        **{"model.optimiser": "rowwise_adam", "model.members": 2, "trainer.accumulate_grad_batches": 3},
        "model.first_weight_decay": 0.1,
    },
    "columns by adamw": {
        **{"model.shard_first": "true", "model.optimiser": "adamw", "model.label_decay": 0.1},
        **{"trainer.gradient_clip_val": 0.5, "model.first_weight_decay": 0.1, "trainer.callbacks": AVERAGED},
    },
    "columns by rowwise_adagrad": {
        **{"model.shard_first": "true", "model.optimiser": "rowwise_adagrad", "model.label_decay": 0.1},
        **{"trainer.gradient_clip_val": 0.5, "model.members": 2, "trainer.accumulate_grad_batches": 3, "refit": "true"},
    },
}


@pytest.mark.parametrize("n", [2, pytest.param(4, marks=pytest.mark.slow)])
@pytest.mark.parametrize("options", TRAININGS.values(), ids=TRAININGS)
def test_processes_that_share_the_first_layer_train_as_one(study_config, command, tmp_path, options, n):
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    fit = ["fit", "--config", study_config, *WITHOUT_DROPOUT, *words]
    assert command(*fit, "--runs", tmp_path / "alone").code == 0
    (here := tmp_path / "several" / "here").mkdir(parents=True)
    answers = in_processes(*fit, *on(n), cwd=here, n=n)
    assert [(code, err) for code, _, err in answers] == [(0, "")] * n
    alone, several = tmp_path / "alone" / "small" / "version_0", here / "runs" / "small" / "version_0"
    states, expected = (checkpoint_of(run, "last")["optimizer_states"][0]["state"] for run in (several, alone))
    assert [{name: value.shape for name, value in states[index].items()} for index in states] == [
        {name: value.shape for name, value in expected[index].items()} for index in states
    ]
    assert sum("moment" in state for state in states.values()) == (options["model.optimiser"] != "adamw")
    for name in ("last", "best"):
        assert (weights_of(alone, name) - weights_of(several, name)).abs().max() < 1e-5, name
    norms = [[value for _, value in scalars_of(run)["train/gradient_norm_max"]] for run in (several, alone)]
    assert norms[0] == pytest.approx(norms[1])
