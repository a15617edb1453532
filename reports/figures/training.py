"""The network's training: its losses by epoch, read from TensorBoard's files, and their figure."""

from pathlib import Path

import pandas as pd
import plotly.graph_objects as go

from greenlight_films.reports.figures.axes import axis
from greenlight_films.reports.figures.curves import curve, mark
from greenlight_films.reports.figures.style import BLUE, ORANGE, figure

LOSSES = {"mse": "squared error", "mae": "absolute error", "huber": "Huber loss"}
TAGS = {"epoch": "epoch", "train": "train/loss", "val": "val/loss"}


def read_losses(folder: str | Path) -> pd.DataFrame:
    """Return a run's losses from its TensorBoard files: columns epoch (from 1), train, val; empty without any."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # takes half a second

    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    if not set(TAGS.values()) <= set(events.Tags()["scalars"]):
        return pd.DataFrame(columns=list(TAGS))
    curves = {name: pd.Series({event.step: event.value for event in events.Scalars(tag)}) for name, tag in TAGS.items()}
    # Scoring the best checkpoint again writes one more loss at a step that has its epoch already.
    table = pd.DataFrame(curves).dropna().astype({"epoch": int})
    return table.assign(epoch=table["epoch"] + 1).drop_duplicates("epoch", keep="first").reset_index(drop=True)


def losses(curves: pd.DataFrame, loss: str = "mse") -> go.Figure:
    """Draw the loss on training and validation films by epoch, as of `read_losses`, with the best epoch marked."""
    best = curves.loc[curves["val"].idxmin()]
    epoch, value = int(best["epoch"]), float(best["val"])
    lines = []
    for column, name, colour, dash in (("train", "training", BLUE, "solid"), ("val", "validation", ORANGE, "dash")):
        hover = f"epoch %{{x}}<br>{name} films %{{y:.4~r}}<extra></extra>"
        lines.append(curve(curves["epoch"], curves[column], colour, hover, dash, name=name, marker={"size": 5}))
    label = f"best: epoch {epoch}"
    return figure(
        [*lines, mark([epoch], [value], f"{label}<br>%{{y:.4~r}}<extra></extra>", name=label)],
        f"Loss on training and validation films over {len(curves)} epochs: the validation loss is lowest, {value:.3g}, "
        f"at epoch {epoch}.",
        xaxis={**axis("epoch"), "showgrid": False, "tickformat": "d"},
        yaxis=axis(f"{LOSSES[loss]} of the scaled target"),
    )
