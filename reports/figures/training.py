"""The network's training: its losses by epoch, read from TensorBoard's files, and their figure."""

from pathlib import Path

import pandas as pd
import plotly.graph_objects as go

from greenlight_films.reports.figures.style import BLUE, ORANGE, VERMILION, axis, figure, rounded

TRAIN, VAL = "train/loss", "val/loss"


def read_losses(folder: str | Path) -> pd.DataFrame:
    """Return a run's losses from its TensorBoard files: columns epoch (from 1), train, val; empty without any."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # takes half a second

    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    if not {"epoch", TRAIN, VAL} <= set(events.Tags()["scalars"]):
        return pd.DataFrame(columns=["epoch", "train", "val"])
    curves = {
        name: pd.Series({event.step: event.value for event in events.Scalars(tag)})
        for name, tag in (("epoch", "epoch"), ("train", TRAIN), ("val", VAL))
    }
    # Scoring the best checkpoint again writes one more loss at a step that has its epoch already.
    table = pd.DataFrame(curves).dropna().astype({"epoch": int})
    return table.assign(epoch=table["epoch"] + 1).drop_duplicates("epoch", keep="first").reset_index(drop=True)


def losses(curves: pd.DataFrame, loss: str = "squared error of the scaled target") -> go.Figure:
    """Draw the loss on training and validation films by epoch, with the best epoch marked.

    Args:
        curves: columns epoch, train, val, as of `read_losses`.
        loss: its name, with its unit.
    """
    best = curves.loc[curves["val"].idxmin()]
    epoch, value = int(best["epoch"]), float(best["val"])
    lines = [
        go.Scatter(
            x=curves["epoch"].tolist(),
            y=rounded(curves[column]),
            name=name,
            mode="lines+markers",
            marker={"size": 5},
            line={"color": colour, "dash": dash, "width": 2},
            hovertemplate=f"epoch %{{x}}<br>{name} films %{{y:.4~r}}<extra></extra>",
        )
        for column, name, colour, dash in (("train", "training", BLUE, "solid"), ("val", "validation", ORANGE, "dash"))
    ]
    mark = go.Scatter(
        x=[epoch],
        y=rounded([value]),
        name=f"best: epoch {epoch}",
        mode="markers",
        marker={"size": 13, "color": VERMILION, "symbol": "diamond"},
        hovertemplate=f"best: epoch {epoch}<br>%{{y:.4~r}}<extra></extra>",
    )
    return figure(
        [*lines, mark],
        f"Loss on training and validation films over {len(curves)} epochs: the validation loss is lowest, {value:.3g}, "
        f"at epoch {epoch}.",
        xaxis={**axis("epoch"), "showgrid": False, "tickformat": "d"},
        yaxis=axis(loss),
    )
