"""`Explainer`: what each value of a film contributes to its prediction."""

from collections.abc import Sequence

import numpy as np

from greenlight_films.datamodules import EncodedFilms, Fitted
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.film_contributions import contributions_of
from greenlight_films.lightning_modules.film_importance import MeasuredFilms
from greenlight_films.serving.schemas import Part, Prediction


class Explainer:
    """Splits predictions up, measured from training films."""

    def __init__(self, network: AdditiveMLP, fitted: Fitted, background: EncodedFilms) -> None:
        self._network, self._fitted = network, fitted
        self._background = self._films(background)

    def explain(self, answers: Sequence[Prediction], encoded: EncodedFilms) -> None:
        """Add to predictions of films what contributes to them."""
        films = self._films(encoded)
        contributions = contributions_of(
            films, self._background, films.alone(films.reference("mse")), np.arange(encoded.n_rows)
        )
        for row, part in contributions.table.groupby("row"):
            answer = answers[int(row) - 1]
            answer.average = contributions.average_prediction
            lines = part[["column", "value", "role", "contribution"]].itertuples(index=False)
            answer.contributions = [
                Part(column=column, value=value if isinstance(value, str) else None, role=role, contribution=number)
                for column, value, role, number in lines
            ]

    def _films(self, encoded: EncodedFilms) -> MeasuredFilms:
        number = np.arange(encoded.n_rows) + 1
        return MeasuredFilms.unlabelled(self._network, self._fitted.encoder, self._fitted.scale, encoded, number)
