"""What SECURITY.md promises: nothing that others made runs code here, and what is written runs none elsewhere."""

import gzip
import json
import pickle
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as papq
import pytest
import skops.io
import torch
import yaml

from greenlight_films.datamodules import InputError
from greenlight_films.sources.catalogue import CATALOGUE
from greenlight_films.studies import load_artifacts
from tests.conftest import STUDY, UNLOGGED, awkward_films
from tests.processes import run_forked

FIXTURES = Path(__file__).parent / "sources"
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1")


@pytest.fixture(scope="module")
def study(train) -> Path:
    """Return the folder of a finished study with a model in every kind of file."""
    return train("study", "--compare.models", "[ridge, boosting]").path


@pytest.fixture
def run(study, tmp_path) -> Path:
    """Return a copy of the study's folder that a test may spoil."""
    return Path(shutil.copytree(study, tmp_path / "small" / "version_0"))


@pytest.fixture
def touched(tmp_path) -> Path:
    """Return the file that payloads create where they are run."""
    return tmp_path / "touched"


@pytest.fixture
def refusal(command, touched) -> Callable[..., str]:
    """Return what gives a command that must be refused and run nothing, and returns the message."""

    def run(*words: object) -> str:
        answer = command(*words)
        assert not touched.exists()
        assert answer.code == 2, answer.out
        assert answer.err.startswith("error: ")
        assert "Traceback" not in answer.err
        return answer.err.removeprefix("error: ").strip()

    return run


# --- payloads ---------------------------------------------------------------------------------------------------------


class Touches:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def as_pickle(touched: Path) -> bytes:
    return pickle.dumps(Touches(touched))


def as_checkpoint(touched: Path, zipped: bool = True) -> bytes:
    content = BytesIO()
    torch.save({"state_dict": Touches(touched)}, content, _use_new_zipfile_serialization=zipped)
    return content.getvalue()


def as_arrays(touched: Path) -> bytes:
    content = BytesIO()
    np.savez(content, weights=np.array([Touches(touched)], dtype=object))
    return content.getvalue()


def as_skops(touched: Path) -> bytes:
    return skops.io.dumps(partial(Path.touch, touched))


def as_yaml(touched: Path) -> bytes:
    return f"!!python/object/apply:os.system ['touch {touched}']\n".encode()


def as_parquet(touched: Path) -> bytes:
    """Return a Parquet file with a pickle where old versions of Arrow and pandas looked for one."""
    kind = {b"ARROW:extension:name": b"arrow.py_extension_type", b"ARROW:extension:metadata": as_pickle(touched)}
    fields = [pa.field(name, pa.int64(), metadata=kind) for name in ("row", "feature", "contribution")]
    table = pa.table([[1], [2], [3]], schema=pa.schema(fields, metadata={b"pandas": as_pickle(touched)}))
    content = BytesIO()
    papq.write_table(table, content)
    return content.getvalue()


def unpickled(content: bytes) -> object:
    return torch.load(BytesIO(content), weights_only=False)


OLD_CHECKPOINT = partial(as_checkpoint, zipped=False)
NAIVE_READERS = {
    as_pickle: pickle.loads,
    as_checkpoint: unpickled,
    OLD_CHECKPOINT: unpickled,
    as_arrays: lambda content: np.load(BytesIO(content), allow_pickle=True)["weights"],
    as_yaml: lambda content: yaml.load(content, yaml.UnsafeLoader),
}


@pytest.mark.parametrize("payload", NAIVE_READERS)
def test_payloads_do_run_in_naive_readers(payload, touched):
    NAIVE_READERS[payload](payload(touched))
    assert touched.exists()


# --- what is in a run's folder ----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "name", "payload"),
    [
        ("test --run", "best", as_pickle),
        ("fit --resume", "last", as_pickle),
        ("validate --run", "best", OLD_CHECKPOINT),
        ("predict --run", "best", as_checkpoint),
        ("importance --run", "best", as_checkpoint),
        ("study --resume", "last", as_checkpoint),
    ],
)
def test_a_malicious_checkpoint_runs_nothing(words, name, payload, run, touched, refusal):
    (run / "checkpoints" / f"{name}.ckpt").write_bytes(payload(touched))
    assert refusal(*words.split(), run) == (
        f"{run}/checkpoints/{name}.ckpt is not a checkpoint of Greenlight; train one with `fit` or `study`"
    )


@pytest.mark.parametrize("payload", [as_pickle, as_yaml])
@pytest.mark.parametrize(
    "words",
    [
        *("test --run", "fit --resume", "audit --run", "report --run"),
        *("study --config", "tune --config", "audit --config", "baselines --config"),
    ],
)
def test_a_malicious_config_runs_nothing(words, payload, run, touched, refusal):
    (run / "config.yaml").write_bytes(payload(touched))
    assert "config" in refusal(*words.split(), run / "config.yaml" if "--config" in words else run)


@pytest.mark.slow
@pytest.mark.parametrize(
    "read",
    [
        *("test metrics.json", "baselines artifacts/metadata.json", "baselines baselines/predictions.csv"),
        *("report metrics.json", "report importance.json", "report contributions.parquet", "report predictions.csv"),
        *("report baselines/predictions.csv", "report Permu_importance_df.csv", "report aggregated_importance.csv"),
        "report employee_with_importance.csv",
    ],
)
def test_a_pickle_in_place_of_a_file_of_a_run_runs_nothing(read, run, touched, refusal):
    word, name = read.split()
    assert (run / name).is_file()
    (run / name).write_bytes(as_pickle(touched))
    assert Path(name).name in refusal(word, "--run", run)


@pytest.mark.parametrize(
    ("pattern", "payload"), [("contributions.parquet", as_parquet), ("events.out.tfevents.*", as_pickle)]
)
def test_a_pickle_within_a_parquet_file_or_among_tensorboards_runs_nothing(pattern, payload, run, touched, command):
    for path in run.glob(pattern):
        path.write_bytes(payload(touched))
    answer = command("report", "--run", run)
    assert not touched.exists()
    assert "Traceback" not in answer.err
    assert (run / "report.html").is_file() or pattern in answer.err


@pytest.mark.parametrize("payload", [as_pickle, as_arrays, as_skops], ids=["pickle", "arrays", "skops"])
@pytest.mark.parametrize("name", ["mlp.npz", "ridge.npz", "boosting.model.skops"])
def test_malicious_artifacts_run_nothing_also_where_their_hashes_are_right(name, payload, run, touched):
    folder = run / "artifacts"
    assert (folder / name).is_file(), sorted(path.name for path in folder.iterdir())
    content = payload(touched)
    (folder / name).write_bytes(content)
    metadata = json.loads((folder / "metadata.json").read_text())
    metadata["models"][name.split(".")[0]]["sha256"][name] = sha256(content).hexdigest()
    (folder / "metadata.json").write_text(json.dumps(metadata))
    with pytest.raises(InputError, match=re.escape(str(folder))):
        load_artifacts(folder)
    assert not touched.exists()


@pytest.mark.parametrize("name", ["../outside.npz", "/etc/passwd", "a/../../outside"])
def test_artifacts_are_not_read_from_outside_their_folder(name, run):
    path = run / "artifacts" / "metadata.json"
    metadata = json.loads(path.read_text())
    metadata["models"][name] = metadata["models"].pop("mlp")
    path.write_text(json.dumps(metadata))
    with pytest.raises(InputError, match=r"beside metadata\.json"):
        load_artifacts(run / "artifacts")


# --- a search ---------------------------------------------------------------------------------------------------------


SEARCH = ["--search.space", "{model.dropout: [0.1]}", "--trainer.max_epochs", 1, *UNLOGGED]


@pytest.mark.slow
def test_pickles_and_triggers_within_a_search_run_nothing(command, study_config, tmp_path, touched, refusal):
    trials, search = tmp_path / "trials.db", tmp_path / "runs" / "small-tune" / "version_0"
    storage = ["--storage", f"sqlite:///{trials}"]
    answer = command("tune", "--config", study_config, *SEARCH, "--runs", tmp_path / "runs", *storage)
    assert answer.code == 0, answer.err
    with sqlite3.connect(trials) as database:
        database.execute("UPDATE trial_user_attributes SET value_json = ?", (as_pickle(touched),))
        database.execute("CREATE TRIGGER evil AFTER INSERT ON trials BEGIN SELECT load_extension('evil'); END")
    database.close()
    refusal("tune", "--resume", search, *storage)
    trials.write_bytes(as_pickle(touched))
    assert "trials.db" in refusal("tune", "--resume", search, *storage)


@pytest.mark.slow
def test_a_pickle_in_place_of_a_searchs_journal_runs_nothing(command, study_config, tmp_path, touched, refusal):
    answer = command("tune", "--config", study_config, *SEARCH, "--runs", tmp_path / "runs")
    assert answer.code == 0, answer.err
    search = tmp_path / "runs" / "small-tune" / "version_0"
    (search / "tune.journal").write_bytes(as_pickle(touched))
    assert "tune.journal" in refusal("tune", "--resume", search)


def test_what_a_search_tries_names_no_foreign_class(study_config, tmp_path, foreign, refusal):
    options = ["--search.space", "{trainer.callbacks: [[{class_path: foreign.Touching}]]}", "--runs", tmp_path / "runs"]
    assert "got foreign.Touching" in refusal("tune", "--config", study_config, *options)


# --- tables -----------------------------------------------------------------------------------------------------------


def words_of(config: Path, table: Path) -> list[object]:
    return ["study", "--config", config, "--runs", table.parent / "runs", "--data.table", table]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["csv", "csv.gz", "parquet", "db", "pkl", "npz", "json", "xlsx", "zip"])
def test_a_pickle_in_place_of_a_table_runs_nothing(name, study_config, tmp_path, touched, refusal):
    table = tmp_path / f"films.{name}"
    content = as_pickle(touched)
    for packed in (content, gzip.compress(content)):
        table.write_bytes(packed)
        assert table.name in refusal(*words_of(study_config, table))


def test_a_pickle_within_a_parquet_table_runs_nothing(study_config, tmp_path, touched, refusal):
    table = tmp_path / "films.parquet"
    table.write_bytes(as_parquet(touched))
    assert "the table has: row, feature, contribution" in refusal(*words_of(study_config, table))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT load_extension('evil') AS id", "not authorized"),
        ("SELECT * FROM films", "unsafe use"),
        ("WITH new AS (SELECT 1) INSERT INTO real SELECT * FROM new", "readonly"),
    ],
)
def test_a_database_loads_no_extension_and_is_not_changed(query, message, study_config, tmp_path, refusal):
    table = tmp_path / "films.db"
    with sqlite3.connect(table) as database:
        database.execute("CREATE VIEW films AS SELECT load_extension('evil') AS id")
        database.execute("CREATE TABLE real (id)")
    database.close()
    before = table.read_bytes()
    message_given = refusal(*words_of(study_config, table), "--data.query", query)
    assert message in message_given or "not authorized" in message_given
    assert table.read_bytes() == before


@pytest.mark.parametrize("source", CATALOGUE)
def test_pickles_in_place_of_raw_files_run_nothing(source, refusal, tmp_path, touched):
    raw = Path(shutil.copytree(FIXTURES / source, tmp_path / "raw"))
    paths = [path for path in raw.rglob("*") if path.is_file() and path.suffix != ".md"]
    assert paths
    for path in paths:
        path.write_bytes(as_pickle(touched))
    refusal("prepare", source, "--raw", raw, "--out", tmp_path / "out" / "films.parquet")


# --- classes in configs -----------------------------------------------------------------------------------------------


@pytest.fixture
def foreign(tmp_path, monkeypatch, touched):
    """Make a module importable that creates a file as soon as it is imported."""
    code = ["from pathlib import Path", "from lightning.pytorch import Callback", f"Path({str(touched)!r}).touch()"]
    (tmp_path / "foreign.py").write_text("\n".join([*code, "class Touching(Callback): ..."]), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("foreign", None)


NAMED = {
    "a word": ["--trainer.callbacks+", "foreign.Touching"],
    "a list": ["--trainer.callbacks", "[{class_path: foreign.Touching}]"],
    "help": ["--trainer.callbacks.help", "foreign.Touching"],
    "logger": ["--trainer.logger", "foreign.Touching"],
    "profiler": ["--trainer.profiler", '{"class_path": "foreign.Touching"}'],
    "strategy": ["--trainer.strategy", "foreign.Touching"],
    "accelerator": ["--trainer.accelerator", "foreign.Touching"],
    "plugins": ["--trainer.plugins", "[foreign.Touching]"],
    "split": ["--data.split", "foreign.Touching"],
    "target": ["--data.target", "{class_path: foreign.Touching}"],
    "features": ["--data.features", "[foreign.Touching]"],
    "within": ["--trainer.callbacks+", "LambdaCallback", "--trainer.callbacks.on_fit_start", "foreign.Touching"],
    "untyped": ["--trainer.logger", "CSVLogger", "--trainer.logger.name", "{class_path: foreign.Touching}"],
}


@pytest.mark.slow
@pytest.mark.parametrize("words", NAMED.values(), ids=NAMED)
def test_a_foreign_class_is_not_even_imported(words, study_config, tmp_path, foreign, refusal):
    message = refusal("fit", "--config", study_config, "--runs", tmp_path / "runs", *words)
    assert "foreign" not in sys.modules
    assert words != NAMED["a word"] or message == (
        "trainer.callbacks: class_path must be a class of Greenlight, or a callback, logger, profiler, strategy, "
        "plugin, module or optimizer of lightning or torch, got foreign.Touching; --allow_any_class lets a config "
        "import anything: only for configs you trust"
    )


@pytest.mark.parametrize("words", [["fit", "--resume"], ["test", "--run"], ["audit", "--run"], ["baselines", "--run"]])
def test_a_foreign_class_in_a_runs_config_is_not_imported(words, run, foreign, refusal):
    config = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
    config["trainer"]["callbacks"] = [{"class_path": "foreign.Touching"}]
    (run / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    assert "got foreign.Touching" in refusal(*words, run)


RUN_CODE = [
    *("os.system", "torch.os.system", "lightning.pytorch.loggers.tensorboard.os.system", "builtins.eval"),
    *("torch.load", "torch.hub.load", "torch.ops.load_library", "torch.utils.cpp_extension.load"),
    *("lightning.pytorch.LightningModule.load_from_checkpoint", "jsonargparse.set_parsing_settings"),
    *("greenlight_films.datamodules.tables.sqlite.sqlite3.connect", "greenlight_films.datamodules.read_table"),
    *("torch.nn.functional.relu", "greenlight_films.studies.settings.class_paths.CLASS_LIMIT.lift"),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    "option", ["--trainer.callbacks+", "--trainer.callbacks+ LambdaCallback --trainer.callbacks.on_fit_start"]
)
@pytest.mark.parametrize("name", RUN_CODE)
def test_what_runs_code_is_refused_under_any_name(name, option, study_config, tmp_path, refusal):
    refusal(
        "fit", "--config", study_config, "--runs", tmp_path / "runs", *f"--trainer.callbacks+ {option}".split(), name
    )
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_a_foreign_class_is_taken_where_the_command_line_of_a_process_allows_it(study_config, tmp_path, foreign):
    words = ["--config", study_config, "--runs", tmp_path / "runs", *NAMED["a list"], "--trainer.max_epochs", 1]
    code, _, err = run_forked("fit", *words, "--allow_any_class", cwd=tmp_path)
    assert code == 0, err
    assert (tmp_path / "touched").exists()


def test_a_process_that_has_refused_a_class_allows_none_later(study_config, tmp_path, foreign, refusal):
    words = ["fit", "--config", study_config, "--runs", tmp_path / "runs", *NAMED["a word"]]
    assert "got foreign.Touching" in refusal(*words)
    assert "must be given to a process of its own: this one limits" in refusal(*words, "--allow_any_class")


def test_a_config_cannot_allow_itself(study_config, tmp_path, foreign, refusal):
    path = tmp_path / "study.yaml"
    text = study_config.read_text(encoding="utf-8").replace("trainer: {", "trainer: {callbacks: [foreign.Touching], ")
    path.write_text(f"allow_any_class: true\n{text}", encoding="utf-8")
    assert "allow_any_class" in refusal("fit", "--config", path, "--runs", tmp_path / "runs")


def test_classes_of_lightning_are_taken_by_short_and_long_names(study_config, tmp_path, command):
    callbacks = "[LearningRateMonitor, {class_path: lightning.pytorch.callbacks.RichModelSummary}]"
    options = ["--runs", tmp_path / "runs", "--trainer.callbacks", callbacks, "--trainer.max_epochs", 1]
    assert command("fit", "--config", study_config, *options).code == 0


def test_a_config_is_a_file_and_no_address(refusal):
    assert "http://127.0.0.1:9/study.yaml" in refusal("fit", "--config", "http://127.0.0.1:9/study.yaml")


# --- what is written --------------------------------------------------------------------------------------------------


def write_study(folder: Path, films: pd.DataFrame, names: dict[str, str], models: list[str]) -> dict:
    """Write a table whose columns have other names, and a config of its study; return the config."""
    films.rename(columns=names).to_parquet(folder / "films.parquet")
    config = yaml.safe_load(STUDY.format(table=folder / "films.parquet"))
    for feature in config["data"]["features"]:
        column = feature["init_args"]["column"]
        feature["init_args"]["column"] = names.get(column, column)
    config["compare"]["models"] = models
    (folder / "study.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    return config


def cells_of(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, header=None, dtype=str, keep_default_na=False, lineterminator="\n")


def formulas_in(path: Path) -> list[str]:
    """Return the cells of a file that a spreadsheet takes for a formula; numbers are none."""
    cells = cells_of(path).to_numpy().ravel()
    number = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|inf)")
    return [cell for cell in cells if cell.startswith(tuple("=+-@\t\r\n＝＋－＠")) and not number.fullmatch(cell)]


@pytest.mark.slow
def test_no_table_that_is_written_holds_a_formula(command, tmp_path):
    films = awkward_films()
    films["title"] = [f"{FORMULAS[row % len(FORMULAS)]} {row}" for row in films.index]
    films["id"] = [f"{FORMULAS[row % len(FORMULAS)]}#{row}" for row in films.index]
    films["genre"] = films["genre"].str.replace("Western", "=2+5", regex=False).str.replace("Drama", "@B", regex=False)
    films["company"] = films["company"].replace({"Acme": "=cmd|' /C calc'!A0", "Cine9": "-3+2"})
    films["+notes"] = "+A1"
    names = {"genre": "=genre", "year": "@year", "company": "-company"}
    write_study(tmp_path, films, names, ["ols", "ridge", "knn", "kmeans", "pca", "tree"])
    options = ["--config", tmp_path / "study.yaml", "--runs", tmp_path, *UNLOGGED]
    answer = command("study", *options, "--permutation_importance.groups", '{"=g": ["=genre=@B"]}')
    assert answer.code == 0, answer.err
    run = tmp_path / "small" / "version_0"
    assert command("predict", "--run", run).code == 0
    assert command("audit", *options, "--repeats", 1, "--people", "[-company]").code == 0
    written = sorted(tmp_path.rglob("*.csv"))
    assert len(written) > 15
    assert {str(path): formulas_in(path) for path in written if formulas_in(path)} == {}
    predicted = cells_of(run / "predictions.csv").to_numpy().ravel().tolist()
    assert sum(cell.startswith("'") for cell in predicted) >= len(films)


def test_rejected_rows_hold_no_formula(command, tmp_path):
    raw = tmp_path / "movies.csv"
    text = (FIXTURES / "movie-industry" / "movies.csv").read_text(encoding="utf-8")
    raw.write_text(re.sub(r"^([^,\n]*,[^,\n]*,[^,\n]*),\d{4},", r"\1,=1+1,", text, flags=re.M), encoding="utf-8")
    answer = command("prepare", "movie-industry", "--raw", raw, "--out", tmp_path / "films.parquet")
    assert "=1+1" in (tmp_path / "films.rejected.csv").read_text(encoding="utf-8"), answer.err
    assert formulas_in(tmp_path / "films.rejected.csv") == []


EVIL = "</script><img src=x onerror=alert(1)><!--"


@pytest.mark.slow
def test_names_stay_text_on_the_page_and_name_no_file(command, tmp_path):
    films = awkward_films().assign(title=EVIL)
    films["company"] = films["company"].replace({"Acme": EVIL, "Cine9": "../../../acme"})
    genre = f"../../genre{EVIL}"
    config = write_study(
        tmp_path, films, {"genre": genre, "year": f"/tmp/year{EVIL}"}, ["ols", "ridge", "kmeans", "pca"]
    )
    config["data"]["features"][2]["init_args"]["role"] = EVIL
    config["data"]["target"]["init_args"]["unit"] = EVIL
    config["name"] = "<img src=x onerror=alert(1)>".translate(str.maketrans("<>", "＜＞"))
    config["permutation_importance"] = {"groups": {f"../../{EVIL}": [f"{genre}=Drama", f"{genre}=Horror"]}}
    config["report"] = True
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    answer = command("study", "--config", tmp_path / "study.yaml", "--runs", tmp_path / "a" / "b")
    assert answer.code == 0, answer.err
    (page,) = tmp_path.glob("a/b/*/version_0/report.html")
    html = page.read_text(encoding="utf-8")
    assert "onerror=alert(1)" in html  # they are there, as text
    assert "<img src=x" not in html
    assert "</script><" not in html.replace("</script><script", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "films.parquet", "study.yaml"]
    assert [path.name for path in tmp_path.glob("a/*")] == ["b"]
    assert len(list(tmp_path.glob("a/b/*"))) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "a/b", "..", "."])
def test_a_studys_name_leads_nowhere_else(name, study_config, tmp_path, refusal):
    assert "--name" in refusal("fit", "--config", study_config, "--runs", tmp_path / "runs", "--name", name)
    assert sorted(path.name for path in tmp_path.iterdir()) == []
