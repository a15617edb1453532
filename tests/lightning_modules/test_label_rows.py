"""Importances by processes that have columns of the first layer each, held against those of the whole network."""

import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing

from greenlight_films.importance import Estimator, Reference, off_row_plan, tasks
from greenlight_films.importance.related import RelatedSettings
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.column_shard import ColumnShard
from greenlight_films.lightning_modules.film_contributions import PartsSource, background_rows
from greenlight_films.lightning_modules.film_importance import MeasuredFilms
from tests.lightning_modules.input_case import InputCase
from tests.processes import free_port

ROUNDING, OF_A_FIT, OF_A_CELL = 2e-6, 1e-4, 1e-3
"""Of losses near 16 in float32, of errors by a regression on the seven labels that there are, and of p, whose effects
lie on a grid: one that rounding moves into the next cell moves p by a part of a cell's share."""


def network_of(case: InputCase, shard: ColumnShard | None = None) -> AdditiveMLP:
    return AdditiveMLP(**{**case.network.sizes, "hidden": [8, 4]}, seed=3, shard=shard).eval()


def explained(films: MeasuredFilms, reference: Reference, how: Estimator, result) -> dict[str, object]:
    """Return what the first process alone computes."""
    related = films.related(reference, result, how, RelatedSettings(conditional=["genre"]), {})
    alone, encoder = films.alone(reference), films.encoder
    background = background_rows(films.network, encoder, films.encoded, np.arange(0, films.encoded.n_rows, 3))
    parts, scaled = PartsSource.of(films.take(background)).parts(films.take(np.arange(9)))
    tables = {"by part": films.by_part(reference, how), "groups": related.groups, "pairs": related.pairs}
    arrays = {"change": alone.change, "direction": alone.direction, "background": background, "scaled": scaled.numpy()}
    parts = {f"part {name}": part.numpy() for name, part in vars(parts).items()}
    shuffled = related.conditional[["name", "importance", "n_films"]]  # strata of repeated films are drawn by rounding
    return {**tables, "conditional": shuffled, **arrays, **parts}


def estimates_of(result) -> dict[str, np.ndarray]:
    both = {"values": result.values, "sets": result.joint}
    return {f"{name} {field}": part.numpy() for name, each in both.items() for field, part in vars(each).items()}


def measure(rank: int, port: int, n: int, path: str, case: InputCase, how: Estimator) -> None:
    """Be a process with some columns, in whose threads tasks are done."""
    torch.set_num_threads(1)  # torch's own threads, if tests before began them, are not there after a fork
    torch.get_num_threads, torch.set_num_threads = lambda: 2, lambda threads: None
    dist.init_process_group("gloo", f"tcp://127.0.0.1:{port}", rank=rank, world_size=n)
    network = network_of(case, ColumnShard(rank, n, members=2))
    network.load_state_dict(torch.load(f"{path}.weights"))
    films, first = case.measured(network), network.first
    assert first.label_weight.shape[1] == 16 // n

    def run(tasks: tasks.Tasks) -> None:
        tasks.run(tasks.share(rank, n))
        first.answer()
        of_all: list = [None] * n
        dist.all_gather_object(of_all, tasks.results)
        tasks.results = [result for results in of_all for result in results]

    result, reference = films.measure(how, "mse", {}, {}, run)
    of_first = explained(films, reference, how, result) if rank == 0 else {}
    first.answer()
    with open(f"{path}.{rank}", "wb") as stream:
        pickle.dump({**estimates_of(result), **of_first, "updates": result.summary["row_updates"]}, stream)
    dist.destroy_process_group()


@pytest.mark.parametrize("n", [2, pytest.param(4, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("kind", "pooled", "near"), [("expected", False, True), ("expected", True, False), ("shuffle", False, False)]
)
def test_importances_and_contributions_are_those_of_the_whole_network(tmp_path, monkeypatch, kind, pooled, near, n):
    if pooled:
        monkeypatch.setattr(off_row_plan, "ENOUGH_TO_POOL", 3)
        monkeypatch.setattr(tasks, "MANY_LABELS", 0)
    case, how = InputCase.of(times=20, weight="sqrt", near=near), Estimator(kind, 3, byte_budget=1000)
    whole = network_of(case)
    whole.set_inputs(case.inputs)
    with torch.no_grad():
        whole.first.label_weight[:-1].normal_(generator=torch.Generator().manual_seed(0))
    torch.save(whole.state_dict(), tmp_path / "case.weights")
    films = case.measured(whole)
    result, reference = films.measure(how, "mse", {}, {})
    of_all = {**estimates_of(result), "updates": result.summary["row_updates"]}
    of_first = explained(films, reference, how, result)
    assert (np.abs(of_all["values mean"]) > 1e-3).sum() > 4
    assert all(len(of_first[name]) for name in ("by part", "groups", "pairs", "conditional"))
    path = str(tmp_path / "case")
    work = partial(measure, port=free_port(), n=n, path=path, case=case, how=how)
    torch.multiprocessing.start_processes(work, nprocs=n, start_method="fork")
    for rank in range(n):
        with open(f"{path}.{rank}", "rb") as stream:
            several = pickle.load(stream)
        expected = {**of_all, **(of_first if rank == 0 else {})}
        assert several.keys() == expected.keys()
        for name, values in expected.items():
            if isinstance(values, pd.DataFrame):
                chances = [column for column in values if column.rpartition("_")[2] in ("p", "q")]
                those_of_several, others = (each.drop(columns=chances) for each in (several[name], values))
                pd.testing.assert_frame_equal(those_of_several, others, rtol=0, atol=5 * ROUNDING)  # of four losses
                pd.testing.assert_frame_equal(several[name][chances], values[chances], rtol=0, atol=OF_A_CELL)
            else:
                within = ROUNDING if "mean" in name or not pooled else OF_A_FIT
                within = OF_A_CELL if name.endswith(" p") else within
                np.testing.assert_allclose(several[name], values, rtol=0, atol=within, err_msg=name)
