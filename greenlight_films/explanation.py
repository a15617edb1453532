"""`Explanation`: what each value of a film contributes to its prediction, as a frame, a figure and text."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from greenlight_films.datamodules import InputError, TargetScale
from greenlight_films.datamodules.arguments import refuse_other_types
from greenlight_films.datamodules.number_format import counted
from greenlight_films.importance.contributions import Contributions, part_name
from greenlight_films.importance.waterfall import Waterfall, step_of, times

if TYPE_CHECKING:
    import plotly.graph_objects as go

SHOWN = 5
"""Films, and values of each, that the notebook's text shows."""


@dataclass(frozen=True, repr=False)
class Explanation:
    """Predictions of films split up into contributions: with the average prediction they add up to each prediction.

    Contributions are on the scale that was learnt. For a log1p target that is log(1 + shift + prediction): a
    contribution of 0.26 is there "times 1.3".

    Attributes:
        contributions: by row, from 1.
        scale: that the target was learnt on.
        unit: of the target.
    """

    contributions: Contributions
    scale: TargetScale
    unit: str

    @property
    def average_prediction(self) -> float:
        """Return the mean prediction over films that the model was trained with, on the scale that was learnt."""
        return self.contributions.average_prediction

    @property
    def predicted_learnt(self) -> np.ndarray:
        """Return predictions on the scale that was learnt, (n_rows,)."""
        return self.contributions.predicted

    @property
    def predicted(self) -> np.ndarray:
        """Return predictions in the target's unit, (n_rows,)."""
        return self.scale.in_unit(self.predicted_learnt)

    def to_frame(self, level: Literal["value", "column", "role"] = "value") -> pd.DataFrame:
        """Return one line a film and value: row (its position, from 0), column, value, role, contribution, alone.

        Within a film the largest contribution comes first, whatever its sign. A missing value stands for what other
        films have in the column, which this film hasn't. `alone` is by how much the prediction falls, in the target's
        unit, when the value alone is taken out.

        Args:
            level: `column` and `role` give the sums of a film's columns and roles.
        """
        refuse_other_types(Explanation.to_frame, locals())
        table = self.contributions.at(level)
        return table.assign(row=table["row"] - 1)

    def waterfall(self, row: int = 0, top: int = 15) -> Waterfall:
        """Return a film's largest contributions and the sum of all others, in round numbers that add up.

        Raises:
            InputError: there is no such row.
        """
        refuse_other_types(Explanation.waterfall, locals())
        if not 0 <= row < len(self.predicted):
            raise InputError(f"row must be a film's position from 0 to {len(self.predicted) - 1:,}, got {row}")
        table = self.contributions.table
        table = table[table["row"] == row + 1]
        names = [part_name(*pair) for pair in zip(table["column"], table["value"], strict=True)]
        values, predicted = table["contribution"].to_numpy(), float(self.predicted_learnt[row])
        return Waterfall.of(names, values, self.average_prediction, predicted, step_of(self.scale.std), top)

    def plot(self, row: int = 0, top: int = 15) -> "go.Figure":
        """Draw a film's largest contributions as steps from the average prediction to its own.

        Args:
            row: its position, from 0.
        """
        import plotly.graph_objects as go

        steps = self.waterfall(row, top)
        names = ["average prediction", *steps.names, "prediction"]
        numbers = [steps.average, *steps.changes, steps.predicted]
        ends = [steps.text(steps.average, signed=False), steps.text(steps.predicted, signed=False)]
        bars = go.Waterfall(
            orientation="h",
            y=list(range(len(names))),  # two names may be the same
            x=[number * steps.step for number in numbers],
            measure=["absolute", *["relative"] * len(steps.changes), "total"],
            text=[ends[0], *(self._text(steps, change) for change in steps.changes), ends[1]],
            textposition="outside",
            increasing_marker_color="#2a7f4f",
            decreasing_marker_color="#b03a2e",
            totals_marker_color="#8a8a8a",
        )
        heights = np.cumsum([steps.average, *steps.changes]) * steps.step
        margin = 0.25 * (np.ptp(heights) or 1)
        title = f"Film {row}: predicted {self.predicted[row]:,.4g} {self.unit}".rstrip()
        figure = go.Figure(bars).update_layout(title=title, xaxis_title=self._scale_name(), template="plotly_white")
        figure.update_xaxes(range=[heights.min() - margin, heights.max() + margin])
        return figure.update_yaxes(autorange="reversed", tickvals=list(range(len(names))), ticktext=names)

    def __repr__(self) -> str:
        step, films = step_of(self.scale.std), self.predicted[:SHOWN]
        shown = Waterfall.of([], np.zeros(0), self.average_prediction, self.average_prediction, step, 0)
        lines = [f"average prediction {shown.text(shown.average, signed=False)} ({self._scale_name()})"]
        for row, predicted in enumerate(films.tolist()):
            steps = self.waterfall(row, SHOWN)
            pairs = zip(steps.names, steps.changes, strict=True)
            parts = ", ".join(f"{name} {self._text(steps, change)}" for name, change in pairs)
            unit = "" if self.scale.transform == "none" else f" ({predicted:,.4g} {self.unit})"
            lines.append(f"film {row}: {steps.text(steps.predicted, signed=False)}{unit} = average, {parts}")
        more = len(self.predicted) - SHOWN
        return "\n".join([*lines, *([f"and {counted(more, 'more film')}"] if more > 0 else [])])

    def _text(self, steps: Waterfall, change: int) -> str:
        text = steps.text(change)
        return text if self.scale.transform == "none" else f"{text} ({times(change * steps.step)})"

    def _scale_name(self) -> str:
        unit = self.unit or "the target's unit"
        return unit if self.scale.transform == "none" else f"log of {1 + self.scale.shift:g} + {unit}"
