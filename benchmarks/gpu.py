"""Checks and measures on a GPU beside the CPU of the same machine, in one run of under six minutes: `make gpu`.

    bash benchmarks/gpu.sh [--device cpu] [--small] [--out build/gpu.json]

Checks: predictions, gradients, trained weights and importances are those of the CPU within stated tolerances; training
in bf16 and with DDP on one device. Measures: seconds of importance, training and encoding, and their ratios. The films
are generated. Prints what it does as it goes, at the end one JSON object, which it also writes; exit code 1 if a check
failed. Needs torch, Lightning, numpy, pandas, SciPy, PyArrow and scikit-learn alone.
"""

import argparse
import json
import logging
import os
import sys
import warnings
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from itertools import product
from math import inf, nan
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from greenlight_films.benchmarks import encode, scaling
from greenlight_films.benchmarks.generated import CPU, EPOCHS, FULL, SMALL, Case, Size, on, train
from greenlight_films.benchmarks.stopwatch import seconds_of
from greenlight_films.datamodules import Batch
from greenlight_films.importance import LOSSES, ColumnSet, Estimator, HeldOut, LossName, Reference, Tasks
from greenlight_films.lightning_modules import AdditiveMLP, MLPRegressor


def distance(values: Tensor, expected: Tensor) -> float:
    """Return the root mean square of the differences, divided by that of the expected values."""
    expected = expected.detach().double().cpu()
    return float((values.detach().double().cpu() - expected).norm() / expected.norm())


def weights(model: MLPRegressor) -> Tensor:
    """Return all weights of a model in one vector."""
    return torch.cat([weight.detach().flatten() for weight in model.parameters()])


def predict(network: AdditiveMLP, batch: Batch) -> Tensor:
    """Return scaled predictions, (n,)."""
    return network(batch.dense, batch.labels, batch.offsets, batch.weights)


def forward(case: Case) -> float:
    """Compare predictions."""
    there = deepcopy(case.network).to(case.device)
    return distance(predict(there, case.batch(case.device)), predict(case.network, case.batch(CPU)))


def gradients(case: Case) -> float:
    """Compare the gradients of a batch."""

    def flat(device: torch.device) -> Tensor:
        network, batch = deepcopy(case.network).to(device), case.batch(device)
        loss = torch.nn.functional.mse_loss(predict(network, batch), batch.target)
        return torch.cat([gradient.flatten() for gradient in torch.autograd.grad(loss, list(network.parameters()))])

    return distance(flat(case.device), flat(CPU))


def trained_weights(case: Case) -> float:
    """Compare weights after training."""
    return distance(weights(train(case, case.device)), weights(train(case, CPU)))


def trained_row_wise(case: Case) -> float:
    """Compare weights after training with row-wise Adagrad."""
    there, here = (weights(train(case, device, optimiser="rowwise_adagrad")) for device in (case.device, CPU))
    return distance(there, here)


def trained_in_bf16(case: Case) -> float:
    """Compare weights after training in bf16 with those in float32, on the device."""
    return distance(weights(train(case, case.device, precision="bf16-mixed")), weights(train(case, case.device)))


def trained_with_ddp(case: Case) -> float:
    """Compare weights after training with DDP on one device with those without."""
    model = train(case, case.device, strategy="ddp")
    torch.distributed.destroy_process_group()
    return distance(weights(model), weights(train(case, case.device)))


def importance(network: AdditiveMLP, rows: HeldOut, estimator: Estimator, loss: LossName) -> Tensor:
    """Return (n, 4) means, deviations and both standard errors of all label columns, numbers and a set of columns."""
    device = rows.dense.device
    network = deepcopy(network).to(device)
    keys, none = torch.arange(len(network.first.label_weight)), np.array([], np.int64)
    sets = [ColumnSet(f"{index}", "number", np.array([index]), none) for index in range(rows.dense.shape[1])]
    sets.append(ColumnSet("half", "group", none, keys[::2].numpy()))
    tasks = Tasks(Reference.of(network, rows, LOSSES[loss]), keys, estimator, sets)
    tasks.run()
    assert tasks.results[0].importance.mean.device == device, "importances must be computed where the rows are"
    tables = tasks.together()
    return torch.cat([torch.stack([part.mean, part.std, part.se_shuffle, part.se_sample], 1) for part in tables])


def importances(case: Case) -> float:
    """Compare the importances of all features by each estimator."""
    distances = []
    ways: list[tuple[Estimator, LossName]] = [
        (Estimator("shuffle", n_repeats=2), "mse"),
        (Estimator("expected"), "mse"),
        (Estimator("expected", off_rows="all"), "mae"),
    ]
    for estimator, loss in ways:
        expected, table = (
            importance(case.network, case.held_out(device, min(2_000, case.size.films)), estimator, loss)
            for device in (CPU, case.device)
        )
        known = expected.isfinite()
        distances.append(distance(table[known], expected[known]) if known.equal(table.isfinite()) else inf)
    return max(distances)


CHECKS: dict[Callable[[Case], float], float] = {
    forward: 1e-5,
    gradients: 1e-5,
    trained_weights: 1e-2,
    trained_row_wise: 1e-2,
    trained_in_bf16: 1e-1,
    trained_with_ddp: 1e-2,
    importances: 1e-4,
}
"""Each check returns a distance from what was expected, and passes up to this one: Adam enlarges rounding errors."""


def measure_importance(case: Case) -> dict[str, Any]:
    """Time the importances of all features on the CPU and on the device, on all films."""
    rows = {name: case.held_out(device) for name, device in (("cpu", CPU), ("device", case.device))}
    figures: dict[str, Any] = {"rows": case.size.films, "columns": len(case.network.first.label_weight)}
    for estimator in (Estimator("shuffle", n_repeats=10), Estimator("expected")):
        calls = {name: partial(importance, case.network, some, estimator, "mse") for name, some in rows.items()}
        figures[estimator.kind] = beside(seconds_of(calls, case.size.repeats))
    return figures


def measure_training(case: Case) -> dict[str, Any]:
    """Time training on the CPU and on the device, with small and with large batches."""
    figures: dict[str, Any] = {"epochs": EPOCHS}
    for size in case.size.batches:
        train(case, case.device, size)  # the first steps on a device are slow
        models = {name: train(case, device, size) for name, device in (("cpu", CPU), ("device", case.device))}
        figures[f"batch_{size}"] = beside({name: model.seconds or nan for name, model in models.items()})
    return figures


def measure_steps(case: Case) -> dict[str, Any]:
    """Time steps on the device alone by labels and films a step, dense and row-wise; None where its memory is short."""
    figures: dict[str, Any] = {}
    for labels, batch in product(case.size.labels, case.size.batches):
        for optimiser in ("adam", "rowwise_adagrad"):
            try:
                step = scaling.Case(labels, batch, optimiser, device=case.device.type).measure()
            except torch.OutOfMemoryError:
                step = None
            figures[f"{labels}_labels_batch_{batch}_{optimiser}"] = step
    return figures


def measure_encoding(case: Case) -> dict[str, Any]:
    """Time encoding, which the CPU does, beside scikit-learn's, and slicing batches and moving them to the device."""

    def batches(device: torch.device) -> None:
        for batch in case.data.train_dataloader():
            on(batch, device)
        if device.type == "cuda":
            torch.cuda.synchronize()

    case.data.batch_size = case.size.batches[-1]
    calls = {"cpu": lambda: batches(CPU), "device": lambda: batches(case.device)}
    columns = encode.Columns(["year", "runtime"], ["genre", "cast", "company"])
    return {
        "encoding": encode.measure(case.frame, case.size.repeats, columns),
        "batches": beside(seconds_of(calls, case.size.repeats)),
    }


MEASURES: dict[str, Callable[[Case], dict[str, Any]]] = {
    "importance": measure_importance,
    "training": measure_training,
    "steps": measure_steps,
    "encoding": measure_encoding,
}


def beside(seconds: dict[str, float]) -> dict[str, float]:
    """Return the seconds of both, and how many times faster the device is."""
    figures = {f"{name}_seconds": float(f"{value:.4g}") for name, value in seconds.items()}
    return {**figures, "ratio": float(f"{seconds['cpu'] / seconds['device']:.3g}")}


def compare(check: Callable[[Case], float], tolerance: float, case: Case) -> dict[str, Any]:
    """Run a check and return whether it passed."""
    reached = check(case)
    return {"passed": reached <= tolerance, "distance": float(f"{reached:.2g}"), "tolerance": tolerance}


def run(device: torch.device, size: Size) -> dict[str, Any]:
    """Do all checks and measures and return their figures; an error in any of them is a failure that ends no other."""
    start, failed = perf_counter(), []
    figures: dict[str, Any] = {
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        "cpus": os.cpu_count(),
        "torch": torch.__version__,
        "films": size.films,
    }
    case = Case.make(device, size)
    parts = {check.__name__: partial(compare, check, tolerance) for check, tolerance in CHECKS.items()}
    for name, part in (parts | MEASURES).items():
        begin = perf_counter()
        try:
            result = part(case)
        except Exception as problem:
            result = {"passed": False, "error": f"{type(problem).__name__}: {problem}"}
        figures[name] = result | {"seconds": round(perf_counter() - begin, 1)}
        if not result.get("passed", True):
            failed.append(name)
        print(f"{perf_counter() - start:6.1f} s  {name}: {json.dumps(figures[name])}", file=sys.stderr, flush=True)
    return figures | {"failed": failed, "seconds": round(perf_counter() - start, 1)}


def main() -> int:
    """Run, write and print the figures; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--small", action="store_true", help="a table of a few hundred films, to try the script itself")
    parser.add_argument("--out", type=Path, default=Path("build/gpu.json"), help="the file for the figures")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("--device cuda needs a CUDA device, and torch finds none; give --device cpu")
    warnings.simplefilter("ignore")
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    device = torch.device("cuda", 0) if options.device == "cuda" else CPU
    figures = run(device, SMALL if options.small else FULL)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(figures, indent=2), encoding="utf-8")
    print(json.dumps(figures, indent=2))
    return 1 if figures["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
