"""Figures of how the network was trained: its losses by epoch."""

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
    known = set(events.Tags()["scalars"])
    found = {tag: pd.Series({one.step: one.value for one in events.Scalars(tag)}) for tag in {TRAIN, VAL} & known}
    if len(found) < 2 or "epoch" not in known:
        return pd.DataFrame(columns=["epoch", "train", "val"])
    epochs = pd.Series({one.step: int(one.value) + 1 for one in events.Scalars("epoch")})
    # Scoring the best checkpoint again writes one more loss at a step that has its epoch already.
    both = pd.DataFrame({"epoch": epochs, "train": found[TRAIN], "val": found[VAL]}).dropna()
    return both.astype({"epoch": int}).drop_duplicates("epoch", keep="first").reset_index(drop=True)


def losses(curves: pd.DataFrame, loss: str = "squared error of the scaled target") -> go.Figure:
    """Draw the loss on training and validation films by epoch, with the best epoch marked.

    Args:
        curves: columns epoch, train, val, as of `read_losses`.
        loss: what it is, with its unit.
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
