"""`Explanation`: what each value of a film moves the film's prediction by, as a frame, a figure and text."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from greenlight_films.importance import Contributions

if TYPE_CHECKING:
    import plotly.graph_objects as go

SHOWN = 5
"""Values of a film that the notebook's text shows."""


@dataclass(frozen=True, repr=False)
class Explanation:
    """By how much each value of each film moves the film's prediction, each value removed alone.

    Contributions are in the target's unit and need not add up to the prediction.

    Attributes:
        contributions: by row (from 1) and feature.
        features: one line a feature: feature (its name), column, value, role, level.
        predicted: (n_rows,) in the target's unit.
        average_prediction: mean over films that the model was trained with.
        unit: of the target.
    """

    contributions: Contributions
    features: pd.DataFrame
    predicted: np.ndarray
    average_prediction: float
    unit: str

    def to_frame(self) -> pd.DataFrame:
        """Return one line a film and value: row (its position, from 0), feature, column, value, role, contribution.

        Within a film the largest contribution comes first, whatever its sign.
        """
        names = self.features[["feature", "column", "value", "role"]].iloc[self.contributions.feature]
        table = names.reset_index(drop=True).assign(contribution=self.contributions.value)
        table.insert(0, "row", self.contributions.row - 1)
        return table

    def plot(self, row: int = 0, top: int = 15) -> "go.Figure":
        """Draw the values that move a film's prediction most.

        Args:
            row: its position, from 0.
        """
        import plotly.graph_objects as go

        table = self.to_frame().query("row == @row").head(top)[::-1]
        colours = ["#2a7f4f" if value > 0 else "#b03a2e" for value in table["contribution"]]
        figure = go.Figure(go.Bar(x=table["contribution"], y=table["feature"], orientation="h", marker_color=colours))
        average = f"on average {self.average_prediction:,.4g}"
        title = f"Film {row}: predicted {self.predicted[row]:,.4g} {self.unit}, {average}"
        axis = f"moves the prediction by{f' ({self.unit})' if self.unit else ''}"
        return figure.update_layout(title=title, xaxis_title=axis, template="plotly_white")

    def __repr__(self) -> str:
        lines = [f"average prediction {self.average_prediction:,.4g} {self.unit}".rstrip()]
        table = self.to_frame()
        for row, predicted in enumerate(self.predicted[:SHOWN]):
            top = table[table["row"] == row].head(SHOWN)
            parts = [f"{name} {value:+,.3g}" for name, value in zip(top["feature"], top["contribution"], strict=True)]
            lines.append(f"film {row}: {predicted:,.4g}; {', '.join(parts)}")
        more = len(self.predicted) - SHOWN
        return "\n".join([*lines, *([f"and {more:,} more films"] if more > 0 else [])])
