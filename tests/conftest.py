"""What all tests share: one thread, a clean working directory, and a small table of awkward films."""

import pickle
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import pytest
import torch
from rich.console import Console

from greenlight_films.commands.main import main
from greenlight_films.datamodules.features import Category, Feature, Labels, Number
from greenlight_films.datamodules.film_data_module import FilmDataModule
from greenlight_films.datamodules.splits import RandomSplit
from greenlight_films.datamodules.targets import Target
from greenlight_films.importance.result import ImportanceResult
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.callbacks.permutation_importance import PermutationImportance
from greenlight_films.lightning_modules.members import MemberTail
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.quietly import quietly
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.seeds import seeds as several
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.study import study as run_study
from tests.runs import IMPORTANCES as IMPORTANCES
from tests.runs import metrics_of, predictions_of, scored_by_test

TOOLS = (".*_cache", ".hypothesis", ".coverage*", "__pycache__")  # what the test tools themselves leave


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what opens a browser as slow."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> None:
    # A job in the background of a shell ignores it, and so do its children: the tests send it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    # Threads that fight for few cores make small tests slow.
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def no_tips_for_lightning() -> Iterator[None]:
    # Lightning's parser calls what jsonargparse deprecates; the warning names nothing that is ours to mend.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JSONARGPARSE_DEPRECATION_WARNINGS", "off")
        yield


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a file or folder where the tests are run."""
    folders = {request.config.rootpath, Path.cwd()}
    before = {path for folder in folders for path in folder.iterdir()}
    yield
    left = {path for folder in folders for path in folder.iterdir()} - before
    names = sorted(path.name for path in left if not any(fnmatch(path.name, tool) for tool in TOOLS))
    assert not names, f"the test left {names} in the working directory"


def awkward_films() -> pd.DataFrame:
    """Return 203 films whose rating depends on genre and year, with what real tables have of gaps and oddities."""
    random = np.random.default_rng(20010923)
    n = 203
    genres = np.array(["Drama", "Comedy", "Horror", "Western", "Sci-Fi"])
    effect = {"Drama": 1.2, "Comedy": 0.2, "Horror": -1.4, "Western": 0.5, "Sci-Fi": -0.4}
    people = np.array([f"{first} {last}" for first in ("Ann", "Bo", "Zoë", "Ким") for last in ("Ames", "Li", "Øre")])
    year = random.integers(1960, 2020, n)
    genre = [list(random.choice(genres, random.integers(1, 4), replace=False)) for _ in range(n)]
    cast = [list(random.choice(people, random.integers(0, 6), replace=False)) for _ in range(n)]
    rating = 6 + np.array([sum(effect[name] for name in names) for names in genre])
    rating = rating + (year - 1990) / 30 + random.normal(0, 0.2, n)
    frame = pd.DataFrame(
        {
            "id": [f"tt{number:04d}" for number in range(n)],
            "title": [f"Film {number % 150}" for number in range(n)],
            "year": year,
            "runtime": random.normal(105, 20, n).round(),
            "genre": [", ".join(names) for names in genre],
            "cast": [", ".join(names) or None for names in cast],
            "company": random.choice(["Acme", "Bolt & Sons", "Cine9"], n, p=[0.6, 0.3, 0.1]),
            "rating": rating.round(3),
        }
    )
    frame.loc[:5, "title"] = ["=1+1", 'A "quoted", title', "Two\nlines", "-", "Amélie", None]
    frame.loc[random.choice(n, 31, replace=False), "runtime"] = np.nan
    frame.loc[[7, 90, 202], ["genre", "cast", "company"]] = None
    frame.loc[3, "cast"] = "Ann Ames, Ann Ames"
    frame.loc[4, "cast"] = "Seen Once"
    frame.loc[[0, 20, 21, 121, 201], "rating"] = np.nan
    return frame


@pytest.fixture
def films_frame() -> pd.DataFrame:
    """Return `awkward_films`, a test's own to change."""
    return awkward_films()


STUDY = """\
name: small
preset: seed
seed_everything: 42
data:
  table: {table}
  film: id
  title: title
  target: {{class_path: Target, init_args: {{column: rating, unit: points}}}}
  features:
    - {{class_path: Number, init_args: {{column: year}}}}
    - {{class_path: Number, init_args: {{column: runtime}}}}
    - {{class_path: Labels, init_args: {{column: genre}}}}
    - {{class_path: Labels, init_args: {{column: cast, role: actor, weight: sqrt, min_films: 2}}}}
    - {{class_path: Category, init_args: {{column: company}}}}
  split: {{class_path: RandomSplit, init_args: {{val: 0.15, test: 0.225, seed: 3}}}}
  batch_size: 32
model: {{hidden: [16], dropout: 0.3, label_dropout: 0.1, learning_rate: 0.01}}
early_stopping: {{patience: 50}}
compare: {{models: [ridge, pca]}}
report: false
trainer: {{max_epochs: 4, accelerator: cpu, devices: 1, enable_progress_bar: false}}
"""
UNLOGGED = ("--trainer.logger", "false")
"""What leaves out curves and pictures for TensorBoard, a third of a small study's time, where no test looks at them."""


@pytest.fixture(scope="session")
def study_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a config for `awkward_films`, which stand beside it as films.csv; 45 of them are tested."""
    folder = tmp_path_factory.mktemp("study")
    awkward_films().to_csv(folder / "films.csv", index=False)
    (folder / "study.yaml").write_text(STUDY.format(table=folder / "films.csv"), encoding="utf-8")
    return folder / "study.yaml"


class Answer(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Return what it printed, all blanks as single ones."""
        return " ".join(self.out.split())


def refused(answer: Answer, *fragments: str) -> None:
    """Check that a command was refused in one message, in words for its user."""
    assert answer.code == 2, answer.err
    assert answer.err.startswith("error: ")
    assert (answer.out + answer.err).count("error:") == 1
    for fragment in fragments:
        assert fragment in answer.err
    for inner in ("Traceback", "Subtypes", "<class", "jsonargparse"):
        assert inner not in answer.out + answer.err


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return Chromium; of a module, for a process holds one Playwright at a time."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no chromium: install Debian's package of that name")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])


@pytest.fixture(scope="session")
def command() -> Callable[..., Answer]:
    """Return what runs the command line in this process, the words given one by one."""

    def run(*words: object) -> Answer:
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main([str(word) for word in words])
        return Answer(code, out.getvalue(), err.getvalue())

    return run


@dataclass(frozen=True)
class Run:
    """A run that a command made, as it was when the command ended."""

    path: Path
    answer: Answer

    @property
    def runs(self) -> Path:
        return self.path.parents[1]

    @cached_property
    def metrics(self) -> dict[str, Any]:
        return metrics_of(self.path)

    @cached_property
    def predictions(self) -> pd.DataFrame:
        return predictions_of(self.path)

    @cached_property
    def scores(self) -> dict[str, Any]:
        """Return the scores that `test` finds."""
        return scored_by_test(self.metrics)


@pytest.fixture(scope="session")
def train(
    command: Callable[..., Answer], study_config: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Run]:
    """Return what trains the small study in a folder of its own."""

    def run(word: str = "fit", *options: object) -> Run:
        runs = tmp_path_factory.mktemp("runs")
        answer = command(word, "--config", study_config, "--runs", runs, *options)
        assert answer.code == 0, answer.err
        (config,) = runs.glob("*/version_0/config.yaml")
        return Run(config.parent, answer)

    return run


@pytest.fixture(scope="session")
def study(train: Callable[..., Run]) -> Run:
    """Return a finished study, which all tests share: `copied` is for those that write into it."""
    return train("study")


def run_here(folders: Mapping[str, RunFolder], frame: bytes, workers: int, console: Console, on_end: Any) -> None:
    """Run studies in this process, in place of `run_studies`."""
    for name, run in folders.items():
        settings = read_settings(["--config", str(run.config)])
        settings.data.frame = pickle.loads(frame) if frame else None
        with quietly():
            run_study(settings, run, Console(quiet=True))
        on_end(name, "")


@pytest.fixture(scope="session")
def seeds(train: Callable[..., Run]) -> Run:
    """Return the folder of a study of three seeds, 3 to 5, which all tests share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(several, "run_studies", run_here)
        return train("study", "--seeds", 3, *UNLOGGED)


@pytest.fixture(scope="session")
def fitted(train: Callable[..., Run]) -> Run:
    """Return a run that was trained by `fit` alone, for all tests to copy."""
    return train("fit")


@pytest.fixture
def copied(study: Run, tmp_path: Path) -> Run:
    """Return a copy of the study, a test's own to change, the only run of its runs."""
    path = tmp_path / "copied" / "small" / "version_0"
    shutil.copytree(study.path, path)
    return Run(path, study.answer)


def features_of_films() -> list[Feature[Any]]:
    """Return features of every kind of column in `awkward_films`."""
    return [
        Number("year"),
        Number("runtime"),
        Labels("genre"),
        Labels("cast", role="actor", weight="sqrt", min_films=2),
        Category("company"),
    ]


@pytest.fixture
def film_features() -> list[Feature[Any]]:
    """Return `features_of_films`, a test's own to change."""
    return features_of_films()


def data_in(folder: Path, frame: pd.DataFrame, features: list[Feature[Any]]) -> Callable[..., FilmDataModule]:
    """Return a maker of datamodules on a frame as a CSV file, or on another `frame`; any argument can be given anew."""
    table = folder / "films.csv"
    frame.to_csv(table, index=False)
    usual = {"table": str(table), "features": features, "target": Target("rating")}
    usual |= {"split": RandomSplit(val=0.15, test=0.25, seed=3), "film": "id", "title": "title", "batch_size": 32}
    return lambda **given: FilmDataModule(**{**usual, **({"table": None} if "frame" in given else {}), **given})


def trainers_in(folder: Path) -> Callable[..., pl.Trainer]:
    """Return a maker of silent trainers on the CPU that write nothing unless asked to."""
    silent = dict.fromkeys(("logger", "enable_progress_bar", "enable_model_summary", "enable_checkpointing"), False)
    usual = {**silent, "accelerator": "cpu", "devices": 1, "default_root_dir": folder, "max_epochs": 1}
    return lambda **given: pl.Trainer(**{**usual, **given})


@pytest.fixture
def film_data(
    tmp_path: Path, films_frame: pd.DataFrame, film_features: list[Feature[Any]]
) -> Callable[..., FilmDataModule]:
    return data_in(tmp_path, films_frame, film_features)


@pytest.fixture
def quick_trainer(tmp_path: Path) -> Callable[..., pl.Trainer]:
    return trainers_in(tmp_path)


def members_of(network: AdditiveMLP) -> list[dict[str, torch.Tensor]]:
    """Return for each member of a network the state of a plain network that predicts the same."""
    state = network.state_dict()
    if not isinstance(network.tail, MemberTail):
        return [state]

    def part(name: str, weights: torch.Tensor, member: int) -> torch.Tensor:
        if name.startswith("first."):
            return weights.chunk(network.tail.members, dim=-1)[member]
        return weights[member].T if name.endswith("weight") else weights[member]

    return [
        {name: part(name, weights, member) for name, weights in state.items()} for member in range(network.tail.members)
    ]


class Measured(NamedTuple):
    """A trained network and what measured the importance of its features."""

    films: FilmDataModule
    model: MLPRegressor
    trainer: pl.Trainer
    callback: PermutationImportance

    @property
    def result(self) -> ImportanceResult:
        assert self.callback.result is not None
        return self.callback.result


def train_and_measure(
    films: FilmDataModule, trainers: Callable[..., pl.Trainer], logger: Any = False, members: int = 1, **how: Any
) -> Measured:
    """Train a network with dropout and measure its importances; `how` goes to the callback."""
    callback = PermutationImportance(**how)
    model = MLPRegressor(hidden=[16, 8], dropout=0.3, label_dropout=0.1, learning_rate=0.02, members=members)
    trainer = trainers(max_epochs=10, callbacks=[callback], logger=logger)
    trainer.fit(model, datamodule=films)
    assert callback.result is None
    trainer.test(model, datamodule=films, verbose=False)
    return Measured(films, model, trainer, callback)


@pytest.fixture
def measured(
    film_data: Callable[..., FilmDataModule], quick_trainer: Callable[..., pl.Trainer]
) -> Callable[..., Measured]:
    """Return `train_and_measure`, by default on `film_data`."""
    return lambda data=None, **how: train_and_measure(data or film_data(), quick_trainer, **how)


@pytest.fixture(scope="session")
def measured_once(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """Return a network that was trained and measured by default, for all tests that change nothing of it."""
    folder = tmp_path_factory.mktemp("measured")
    return train_and_measure(data_in(folder, awkward_films(), features_of_films())(), trainers_in(folder))


@pytest.fixture
def console() -> Console:
    """Return a terminal of 200 columns whose text stands in `console.file`."""
    return Console(file=StringIO(), width=200)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """Return the folder of a new run."""
    return RunFolder.create(str(tmp_path / "runs"), "ratings")


@pytest.fixture
def films(film_data: Callable[..., FilmDataModule]) -> FilmDataModule:
    """Return films that are read and encoded."""
    data = film_data()
    data.setup("fit")
    return data
