"""Refreshing a finished run: what is known of labels is made anew with newer films; the network stays as it is."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as papq
import torch
import yaml
from rich.console import Console

from greenlight_films.baselines import Comparison
from greenlight_films.datamodules import FilmDataModule, InputError
from greenlight_films.datamodules.fitted import Refreshed
from greenlight_films.datamodules.newer_films import Joined
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.tables.label_cells import is_nested
from greenlight_films.datamodules.tables.layout import OPTIONS
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.studies.checkpoints import Checkpoint
from greenlight_films.studies.compare import compare
from greenlight_films.studies.evaluate import evaluate, predict
from greenlight_films.studies.load import load, refuse_parts_of_rows
from greenlight_films.studies.metrics import describe_data
from greenlight_films.studies.processes import say
from greenlight_films.studies.results import OWN_TABLE, Results
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.settings.film_parser import dump_yaml
from greenlight_films.studies.settings.settings import Settings
from greenlight_films.studies.train import Trained, build_trainer
from greenlight_films.studies.write import write_predictions, write_test

OF_FILE = (*OPTIONS, "where", "shape")
"""What a config says of a table's file and rows, which the refreshed run's table doesn't need."""


def refresh(settings: Settings, checkpoint: Checkpoint, newer: Any, console: Console) -> Results:
    """Make a new run of a finished one, whose records and linear effects know newer films too.

    The network's weights stay, bit for bit. The new run has a table of its own, the run's with the newer films.

    Args:
        settings: of the run.
        newer: a table's file, or a frame.

    Raises:
        InputError: the run has no such inputs, or the newer films can't be used.
    """
    refuse_parts_of_rows(settings)
    data = load(settings, checkpoint, "test", console)
    crossed = data.films.crossed
    if crossed is None:
        raise InputError(
            "refresh needs a run with TrackRecord, RidgeByColumn or Profile in data.features, got one without, which "
            "knows no more of a name than its weights; train it anew, with preset recipe"
        )
    joined = data.joined(newer)
    scales = crossed.scales
    if scales.limits is None:  # else the run was refreshed itself
        scales = replace(scales, limits=crossed.labels.limits())
    refreshed = Refreshed(joined.films, joined.until, scales)
    run = RunFolder.create(settings.runs, settings.name)
    try:
        run.write_bytes(OWN_TABLE, _in_parquet(joined.frame))
        run.write_text("config.yaml", _config(settings, run))
        again = read_settings(["--config", str(run.config)])
        again.data.renew(replace(data.fitted, sides=joined.sides, refreshed=refreshed))
        run.write_json("metrics.json", describe_data(run.study, again.data))
        _print_joined(joined, data, console)
        return _written(run, again, _with_weights(checkpoint, again.model, again.data), console)
    except BaseException:
        run.discard()
        raise


def _print_joined(joined: Joined, data: FilmDataModule, console: Console) -> None:
    parts = [f"{counted(joined.films, 'newer film')} to learn from"]
    if joined.replaced:
        parts.append(f"{counted(joined.replaced, 'row')} of the run replaced by newer ones")
    if joined.left_out:
        parts.append(
            f"{counted(joined.left_out, 'row')} left out, of films that validate or test, which stay as they are"
        )
    if joined.without:
        parts.append(f"{counted(joined.without, 'row')} without {data.declared.target.name} left out")
    say(console, "; ".join(parts))


def _config(settings: Settings, run: RunFolder) -> str:
    config = yaml.safe_load(settings.config)
    config["data"] |= {"table": str(run.path / OWN_TABLE), **dict.fromkeys(OF_FILE)}
    return dump_yaml(config)


def _in_parquet(frame: pd.DataFrame) -> bytes:
    """Return a table as a file; cells of several kinds become text."""
    mixed = [name for name in frame.columns if frame[name].dtype == object and not is_nested(frame[name])]
    texts = {name: frame[name].astype("str").where(frame[name].notna()) for name in mixed}
    stream = BytesIO()
    papq.write_table(pa.Table.from_pandas(frame.assign(**texts), preserve_index=False), stream)
    return stream.getvalue()


def _with_weights(checkpoint: Checkpoint, model: MLPRegressor, data: FilmDataModule) -> MLPRegressor:
    """Build a network for data with more labels, with the weights of a checkpoint."""
    trained = MLPRegressor(**{name: value for name, value in model.hparams.items() if not name.startswith("_")})
    checkpoint.restore_weights(trained)
    model.build(data)
    assert trained.network is not None
    assert model.network is not None
    state = trained.network.state_dict()
    own = model.network.state_dict()
    rows, n_rows = state["first.label_weight"], len(own["first.label_weight"])
    if n_rows > len(rows):  # until now every label had a row
        rows = torch.cat([rows, rows.new_zeros(1, rows.shape[1])])
    of_labels = {
        name: part
        for name, part in own.items()
        if name in ("first.values", "first.centre") or name.startswith("first.near.")
    }
    model.network.load_state_dict({**state, "first.label_weight": rows[:n_rows], **of_labels})
    model.first_fit = trained.first_fit
    return model


def _written(run: RunFolder, settings: Settings, model: MLPRegressor, console: Console) -> Results:
    """Score the network, predict all films, and write what a run has."""
    data = settings.data
    alone = settings.training.with_trainer(devices=1, num_nodes=1, strategy="auto")  # nothing is trained
    trained = Trained(model, build_trainer(alone, run.path, [settings.tensorboard]))
    evaluate(trained, data)
    predict(trained, data)
    trained.trainer.save_checkpoint(run.path / "checkpoints" / "best.ckpt", weights_only=True)
    write_test(run, model, data)
    write_predictions(run, model, data)
    compare(run, data, Comparison(models=[]), console)
    return Results(run)
