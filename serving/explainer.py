"""`Explainer`: what each value of a film contributes to its prediction."""

from collections.abc import Collection, Sequence

import numpy as np

from greenlight_films.datamodules import EncodedFilms, Fitted
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.film_contributions import PartsSource
from greenlight_films.lightning_modules.film_importance import MeasuredFilms
from greenlight_films.serving.schemas import Part, Prediction

MISSING = "missing"
"""How contributions name a number that a film lacks, where films that were learnt from lack it too."""


class Explainer:
    """Splits predictions up, measured from training films."""

    def __init__(self, network: AdditiveMLP, fitted: Fitted, background: EncodedFilms) -> None:
        self._network, self._fitted = network, fitted
        self._source = PartsSource.of(self._films(background))

    @property
    def average(self) -> float:
        """Return the mean prediction that contributions are measured from, on the scale that was learnt."""
        scale = self._fitted.scale
        return float(self._source.background.predicted.mean()) * scale.std + scale.mean

    def explain(self, answers: Sequence[Prediction], encoded: EncodedFilms, lacking: Sequence[Collection[str]]) -> None:
        """Add to predictions of films what contributes to them, the largest part first.

        Args:
            lacking: of each film the numbers that it has not, by their names; usual ones stand for them.
        """
        films = self._films(encoded)
        parts, _ = self._source.parts(films)
        table, row, _ = self._source.table(films, parts)
        sizes = -table["contribution"].abs().to_numpy()
        lines = table[["column", "value", "role", "contribution"]].to_numpy()
        for index, answer in enumerate(answers):
            own = np.flatnonzero(row == index)
            answer.average = self.average
            answer.contributions = [
                Part(
                    column=column,
                    value=value if isinstance(value, str) else None,
                    role=role,
                    contribution=number,
                    usual=column in lacking[index] and value != MISSING,
                )
                for column, value, role, number in lines[own[np.argsort(sizes[own], kind="stable")]]
            ]

    def _films(self, encoded: EncodedFilms) -> MeasuredFilms:
        number = np.arange(encoded.n_rows) + 1
        return MeasuredFilms.unlabelled(self._network, self._fitted.encoder, self._fitted.scale, encoded, number)
