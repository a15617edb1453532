"""A few films, and an untrained network in which nothing is plain: heads, members, encoded numbers, labels' inputs."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from scipy.sparse import csr_array
from torch import nn

from greenlight_films.datamodules import EncodedFilms, FilmEncoder, TargetScale
from greenlight_films.datamodules.crossed.label_inputs import LabelInputs
from greenlight_films.datamodules.crossed.near_films import NearFilms
from greenlight_films.datamodules.features import Category, Labels, Number
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.film_importance import MeasuredFilms

GENRES = ["Drama, Crime", "Drama", "Comedy", "Comedy, Crime, War", "War", "Drama, War", "Comedy, Crime"]
COMPANIES = ["Ufa", "Ealing", None, "Ufa", "Ealing", "Toho", "Ufa"]
YEARS = [1950, 1962, 1971, None, 1980, 1999, 2003]
NAMES = ["record", "linear effect", "profile year"]
MINUTES = [90, 104, 75, 121, 133, 98, 87]
SCALE = TargetScale("none", 0.0, mean=3.0, std=2.0)


def near_films(inputs: list[int], labels: list[int], seed: int) -> NearFilms:
    """Return records of labels by year and minutes, as some inputs; a label may have several blocks of films."""
    random = np.random.default_rng(seed)
    films = NearFilms([0, 2], inputs, labels, [2 + index for index in range(len(labels))])
    drawn = {name: random.normal(size=part.shape) for name, part in films.named_buffers()}
    drawn["kernel"] = np.abs(drawn["kernel"])
    starts = np.repeat(np.arange(len(labels)), films.plan["films"])
    drawn["coordinates"][:, 0] += starts - 1.0
    films.load_state_dict({name: torch.from_numpy(part.astype(np.float32)) for name, part in drawn.items()})
    return films


@dataclass(frozen=True)
class InputCase:
    """Attributes: rows, those of each label's weights, zeros for labels without one, (n_labels, width)."""

    encoder: FilmEncoder
    encoded: EncodedFilms
    network: AdditiveMLP
    inputs: LabelInputs
    actual: np.ndarray

    @classmethod
    def of(
        cls, times: int = 1, weight: str = "one", heads: int = 2, members: int = 2, near: bool = False
    ) -> "InputCase":
        """Return the films `times` over, their genres with a weight; with near records by year and minutes."""
        random = np.random.default_rng(1)
        features = [
            Labels("genre", weight=weight),
            Category("company"),
            Number("year", encoding="piecewise"),
            Number("minutes", encoding="periodic", sigma=0.5),
        ]
        frame = pd.DataFrame({"genre": GENRES, "company": COMPANIES, "year": YEARS, "minutes": MINUTES})
        frame = pd.concat([frame] * times, ignore_index=True)
        encoder = FilmEncoder(features)
        encoded = encoder.fit_encode(frame, np.arange(len(frame)))
        space = encoder.space
        is_genre = np.arange(space.n_labels)[:, None] < len(space.labels[0].values)
        values = random.normal(size=(space.n_labels, 3)) * np.where(is_genre, [1, 0, 1], [0, 1, 0])
        centre = random.normal(size=3).astype(np.float32)
        inputs = LabelInputs(values.astype(np.float32), centre, ["genre", "company", "genre"], NAMES)
        if near:
            of_genres, of_companies = near_films([0, 2], [0, 1, 2, 3], 0), near_films([1], [4, 5, 5], 1)
            inputs.values[6, 1] = 0  # a company without training films
            inputs = replace(inputs, near=(of_genres, of_companies))
        network = AdditiveMLP(
            space.n_dense,
            space.n_labels,
            [5, 4],
            members=members,
            heads=heads,
            activation="silu",
            encodings=space.encodings(),
            label_runs=[2, 3, space.n_labels - 5],
            **inputs.sizes(),
        ).eval()
        network.set_inputs(inputs)
        with torch.no_grad():
            nn.init.normal_(network.first.label_weight[:-1], generator=torch.Generator().manual_seed(0))
            nn.init.normal_(network.first.input_weight, generator=torch.Generator().manual_seed(1))
            network.tail.requires_grad_(requires_grad=False)
        return cls(encoder, encoded, network, inputs, random.normal(size=len(frame)) * 4)

    @property
    def rows(self) -> np.ndarray:
        """Return the weights of each label's own row, zeros for a label without one, (n_labels, width)."""
        weights, n_labels = self.network.first.label_weight.detach().numpy(), len(self.inputs.values)
        return np.concatenate([weights[:2], np.zeros((3, weights.shape[1]), np.float32), weights[2 : n_labels - 3]])

    def predict(self, dense: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return the predictions of a network that is not folded, in the target's unit."""
        present = csr_array(labels.astype(np.float32))
        parts = (torch.from_numpy(np.array(part)) for part in (present.indices, present.indptr, present.data))
        with torch.inference_mode():
            scaled = self.network(torch.from_numpy(dense.astype(np.float32)), *parts)
        return scaled.double().numpy() * SCALE.std + SCALE.mean

    def measured(self, network: AdditiveMLP | None = None) -> MeasuredFilms:
        """Return what importance and contributions take, on all films."""
        number = np.arange(self.encoded.n_rows)
        return MeasuredFilms.of(
            network or self.network, self.encoder, SCALE, self.encoded, self.actual, number, number + 1
        )
