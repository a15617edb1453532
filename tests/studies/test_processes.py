"""Runs of several processes; whole ones are in tests/soak."""

import io
from types import SimpleNamespace

import pytest
from lightning.fabric.plugins.environments import SLURMEnvironment, TorchElasticEnvironment
from rich.console import Console

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies import processes
from greenlight_films.studies.processes import (
    busy,
    end_other_processes,
    is_rank_zero,
    own_plugins,
    refuse_separate_processes,
    say,
)


def trainer(launcher: object = None, world_size: int = 1) -> SimpleNamespace:
    return SimpleNamespace(strategy=SimpleNamespace(launcher=launcher), world_size=world_size)


@pytest.mark.parametrize(
    ("rank", "node", "num_nodes", "expected"),
    [(0, "0", 1, True), (1, "0", 1, False), (0, "1", 2, False), (0, "0", 2, True), (0, "1", 1, True)],
)
def test_the_first_process_of_the_first_node_writes(monkeypatch, rank, node, num_nodes, expected):
    monkeypatch.setattr(processes.rank_zero_only, "rank", rank)
    monkeypatch.setenv("NODE_RANK", node)
    assert is_rank_zero(num_nodes) is expected


@pytest.mark.parametrize(("rank", "is_shown"), [(0, True), (1, False)])
def test_rows_that_are_done_are_shown_by_the_process_that_prints(monkeypatch, rank, is_shown):
    monkeypatch.setattr(processes.rank_zero_only, "rank", rank)
    console = Console(file=io.StringIO(), force_terminal=True)
    with busy(console, "Reading the table") as show_rows:
        show_rows(131_072, 1_000_000)
    text = console.file.getvalue()
    assert ("Reading the table: 131,072 of 1,000,000 rows" in text) is is_shown


def test_a_line_is_printed_as_it_is():
    text = f"runs/[bold]1/{'films' * 40}"
    console = Console(file=io.StringIO(), force_terminal=True, width=40)
    say(console, text)
    assert console.file.getvalue() == f"{text}\n"


def test_slurm_requeues_nothing(monkeypatch):
    assert own_plugins() == []
    monkeypatch.setattr(SLURMEnvironment, "detect", staticmethod(lambda: True))
    (environment,) = own_plugins()
    assert environment.auto_requeue is False


def test_processes_that_would_lose_their_results_are_refused():
    launcher = type("Launcher", (), {"__module__": "lightning.pytorch.strategies.launchers.multiprocessing"})()
    with pytest.raises(InputError, match=r"trainer\.strategy must be one whose processes are commands of their own"):
        refuse_separate_processes(trainer(launcher))
    refuse_separate_processes(trainer())


@pytest.mark.parametrize("kind", [TorchElasticEnvironment, SLURMEnvironment])
def test_processes_that_would_each_train_alone_are_refused(monkeypatch, kind):
    monkeypatch.setattr(kind, "detect", staticmethod(lambda: True))
    monkeypatch.setattr(kind, "__init__", lambda self: None)
    monkeypatch.setattr(kind, "world_size", lambda self: 4)
    with pytest.raises(InputError, match="must be the number of processes started, 4, got 2; each would train alone"):
        refuse_separate_processes(trainer(world_size=2))
    refuse_separate_processes(trainer(world_size=4))


def test_other_processes_are_ended_where_lightning_started_some():
    signals = []
    end_other_processes(trainer(SimpleNamespace(kill=signals.append)))
    end_other_processes(trainer())
    assert signals == [9]
