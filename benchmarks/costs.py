"""Computed, not measured: memory, bytes between devices, work and time of training and importance, by films and labels.

    python -m greenlight_films.benchmarks.costs

The numbers follow from how things are stored: float32 weights, their gradient and two averages of Adam's, a table in
CSR with a column and a weight for each label of a film. The time of a row-wise step is that of its films and of the
rows that it touches, by rates that three measured sizes give; it is held against the others. `docs/scaling.md` explains
all of it.
"""

from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

FILMS = (1_000_000, 10_000_000, 100_000_000)
LABELS = (1_000_000, 5_000_000, 10_000_000, 50_000_000)
FLOAT = 4
LABELS_A_FILM, WIDTH, N_DEVICES = 15, 128, 8
MEASURED = {  # milliseconds of a step of row-wise Adagrad, by labels and films, of benchmarks.scaling
    (10_000, 256): 2.57,
    (10_000, 4_096): 13.0,
    (100_000, 256): 2.98,
    (100_000, 4_096): 21.6,
    (1_000_000, 256): 3.51,
    (1_000_000, 4_096): 34.7,
    (10_000_000, 256): 3.98,
    (10_000_000, 4_096): 47.9,
}
FILM_READ = 0.75e-6  # seconds of a thread to read a film into a batch, mapped and cached
# A GPU as its maker describes it: bytes a second, read or written in a row (at random half as many are taken to be),
# and to and from the others; seconds that starting the kernels of a step takes, whatever they do.
MEMORY, LINKS, LAUNCHES = 3.35e12, 450e9, 1e-3
RATES_FROM = ((10_000, 256), (10_000, 4_096), (1_000_000, 4_096))


@dataclass(frozen=True)
class Rates:
    """What a step of row-wise Adagrad takes, in seconds.

    Attributes:
        step: whatever is in it.
        film: for each film: its labels' rows summed, and the layers behind.
        row: for each row touched: its gradient summed, its weights changed.
    """

    step: float
    film: float
    row: float

    @classmethod
    def measured(cls) -> "Rates":
        """Return the rates of one thread that three of `MEASURED` give."""
        terms = [[1, films, rows_touched(labels, films * LABELS_A_FILM)] for labels, films in RATES_FROM]
        return cls(*np.linalg.solve(terms, [MEASURED[size] / 1e3 for size in RATES_FROM]).tolist())

    def seconds(self, films: int, rows: float) -> float:
        """Return the time of a step of so many films that touches so many rows."""
        return self.step + films * self.film + rows * self.row


def rows_touched(n_labels: int, n_draws: int) -> float:
    """Return how many different labels so many draws have on average, their frequencies by Zipf's law.

    >>> round(rows_touched(2, 2), 3)  # 1 + 2 * 2/3 * 1/3
    1.444
    """
    frequencies = 1 / np.arange(1, n_labels + 1)
    return float(-np.expm1(n_draws * np.log1p(-frequencies / frequencies.sum())).sum())


def sharded_step(n_labels: int, films: int, n_devices: int) -> dict[str, float]:
    """Return bytes of a GPU and seconds of a step, the first layer by columns over several.

    Args:
        films: of a step, of all devices together.

    Returns:
        layer: bytes of its columns and Adagrad's state; moved: bytes of a step in its memory; sent: bytes of a step to
        the others, labels, sums and their gradients; memory, links: seconds that each of them takes.
    """
    columns, draws = WIDTH // n_devices, films * LABELS_A_FILM
    rows = rows_touched(n_labels, draws)
    moved = FLOAT * columns * (2 * draws + 4 * rows)
    sent = (n_devices - 1) / n_devices * (draws * FLOAT + 2 * films * columns * FLOAT)
    layer = FLOAT * n_labels * (columns + 1)
    return {"layer": layer, "moved": moved, "sent": sent, "memory": moved / (MEMORY / 2), "links": sent / LINKS}


def first_layer(n_labels: int, width: int, n_devices: int) -> dict[str, float]:
    """Return bytes that a first layer takes.

    `all_reduced` is what a device sends in a step, gradients summed in a ring; the checkpoint has Adam's averages.

    >>> first_layer(1000, 16, n_devices=1)["training"]
    256000
    """
    weights = FLOAT * n_labels * width
    return {
        "weights": weights,
        "training": 4 * weights,  # beside the gradient, Adam's two averages
        "checkpoint": 3 * weights,
        "all_reduced": 2 * weights * (n_devices - 1) / n_devices,
    }


def table(n_films: int, labels_a_film: int, n_numbers: int) -> int:
    """Return the bytes of the encoded films; processes share them.

    >>> table(1, labels_a_film=10, n_numbers=2)
    132
    """
    labels = labels_a_film * (4 + FLOAT)
    numbers = n_numbers * (FLOAT + 8)  # as the network has them, and in their own unit
    return n_films * (labels + numbers + 8 + FLOAT + 8 + 8)  # offset; target, as it is and scaled; row


def importance_work(n_films: int, labels_a_film: int, n_labels: int, n_repeats: int, off_rows: int) -> dict[str, int]:
    """Return how many rows go through the tail at most for the importance of all labels of n_films held-out films.

    >>> importance_work(100, labels_a_film=10, n_labels=50, n_repeats=2, off_rows=64)
    {'shuffle': 3000, 'expected': 5200}
    """
    present = n_films * labels_a_film
    return {"shuffle": present * (1 + n_repeats), "expected": 2 * present + off_rows * n_labels}


def report() -> list[Table]:
    """Return the costs of training by labels, and those of films and importance by films."""
    layers = Table("labels", "weights", "training", "a checkpoint", f"sent a step, {N_DEVICES} devices")
    layers.title = f"The first layer, {WIDTH} units, in GB"
    for n_labels in LABELS:
        sizes = first_layer(n_labels, WIDTH, N_DEVICES).values()
        layers.add_row(f"{n_labels:,}", *(f"{size / 1e9:.2f}" for size in sizes))
    films = Table("films", "encoded, GB", "updates by shuffle", "updates by expected")
    films.title = "10 labels and 5 numbers a film; a fifth held out, whose labels number as many"
    for n_films in FILMS:
        held_out = n_films // 5
        work = importance_work(held_out, 10, held_out, 2, 16).values()
        size = table(n_films, labels_a_film=10, n_numbers=5)
        films.add_row(f"{n_films:,}", f"{size / 1e9:.2f}", *(f"{updates / 1e9:.2f} billion" for updates in work))
    return [layers, films]


def check() -> Table:
    """Return the steps that the rates give beside those that were measured."""
    shown = Table("labels", "films", "rows touched", "computed, ms", "measured, ms", "")
    rates = Rates.measured()
    for (labels, films), measured in MEASURED.items():
        rows = rows_touched(labels, films * LABELS_A_FILM)
        computed = 1e3 * rates.seconds(films, rows)
        note = "gave the rates" if (labels, films) in RATES_FROM else f"{computed / measured - 1:+.0%}"
        shown.add_row(f"{labels:,}", f"{films:,}", f"{rows:,.0f}", f"{computed:.2f}", f"{measured:g}", note)
    return shown


def forecast() -> Table:
    """Return what an epoch of a table beyond one machine takes on several GPUs of 80 GB."""
    n_films, n_labels, batch = 100_000_000, 10_000_000, 65_536
    step = sharded_step(n_labels, batch, N_DEVICES)
    seconds = max(step["memory"], step["links"]) + LAUNCHES
    batches = batch / N_DEVICES * FILM_READ
    n_steps = -(-n_films // batch)
    shown = Table("of a device", "", title=f"{n_films:,} films, {n_labels:,} labels, {batch:,} films a step")
    shown.add_row("its columns and their state", f"{step['layer'] / 1e9:.2f} GB")
    shown.add_row("moved in memory, a step", f"{step['moved'] / 1e6:,.0f} MB: {1e3 * step['memory']:.2f} ms")
    shown.add_row("sent to the others, a step", f"{step['sent'] / 1e6:,.0f} MB: {1e3 * step['links']:.2f} ms")
    shown.add_row("starting kernels, a step", f"{1e3 * LAUNCHES:.1f} ms")
    shown.add_row("making its part of a batch, one thread", f"{1e3 * batches:.1f} ms")
    shown.add_row("an epoch, by the longer of GPU and thread", f"{n_steps * max(seconds, batches):.0f} s")
    return shown


if __name__ == "__main__":
    console = Console()
    console.print(*report(), check(), forecast(), sep="\n")
