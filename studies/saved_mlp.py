"""A trained network without Lightning: from encoded films to predictions in the target's unit."""

from copy import deepcopy
from dataclasses import asdict
from typing import Any, Self

import numpy as np
import torch

from greenlight_films.baselines import Predictor, Sample
from greenlight_films.datamodules import EncodedFilms, TargetScale
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.predictions import predict_scaled


class SavedMLP(Predictor):
    """The network with its weights, copied to the CPU in float32; it comes trained."""

    def __init__(self, network: AdditiveMLP, scale: TargetScale) -> None:
        self.name = "mlp"
        table = network.first.label_weight
        mapped = {} if table.requires_grad else {id(table): table}  # a file's, which would be in memory if copied
        self.network = deepcopy(network, mapped).cpu().float().eval()
        self.scale = scale

    def fit(self, training: Sample) -> Self:
        raise NotImplementedError("train it with `fit` or `study`")

    def predict(self, films: EncodedFilms) -> np.ndarray:
        return self.predict_with_spread(films)[0]

    def predict_with_spread(self, films: EncodedFilms) -> tuple[np.ndarray, np.ndarray]:
        """Return predictions of films in the target's unit, and the spread around them as learnt, (n_rows,) each."""
        scaled, spread = predict_scaled(self.network, films)
        return self.scale.inverse(scaled), spread

    def to_state(self) -> dict[str, Any]:
        weights = {f"network.{name}": weight.numpy() for name, weight in self.network.state_dict().items()}
        return {"sizes": self.network.sizes, "scale": asdict(self.scale), **weights}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        network = AdditiveMLP(**state["sizes"])
        weights = {name[8:]: torch.from_numpy(array) for name, array in state.items() if name.startswith("network.")}
        network.load_state_dict(weights)
        return cls(network, TargetScale(**state["scale"]))
