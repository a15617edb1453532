"""Computed, not measured: memory, bytes between devices and work of training and importance, by films and labels.

    python -m greenlight_films.benchmarks.costs

The numbers follow from how things are stored: float32 weights, their gradient and two averages of Adam's, a table in
CSR with a column and a weight for each label of a film. `docs/scaling.md` explains them.
"""

from rich.console import Console
from rich.table import Table

FILMS = (1_000_000, 10_000_000, 100_000_000)
LABELS = (1_000_000, 5_000_000, 10_000_000, 50_000_000)
FLOAT = 4


def first_layer(n_labels: int, width: int, n_devices: int = 1) -> dict[str, float]:
    """Return bytes that a first layer takes.

    `all_reduced` is what a device sends in a step, gradients summed in a ring; the checkpoint has Adam's averages.

    >>> first_layer(1000, 16)["training"]
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
    """Return the bytes of the encoded films; each process holds all of them.

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


def report(width: int = 128, labels_a_film: int = 10, n_numbers: int = 5, n_devices: int = 8) -> list[Table]:
    """Return the costs of training by labels, and those of films and importance by films."""
    layers = Table("labels", "weights", "training", "a checkpoint", f"sent a step, {n_devices} devices")
    layers.title = f"The first layer, {width} units, in GB"
    for n_labels in LABELS:
        layers.add_row(
            f"{n_labels:,}", *(f"{size / 1e9:.2f}" for size in first_layer(n_labels, width, n_devices).values())
        )
    films = Table("films", "in each process, GB", "updates by shuffle", "updates by expected")
    films.title = (
        f"{labels_a_film} labels and {n_numbers} numbers a film; a fifth held out, whose labels number as many"
    )
    for n_films in FILMS:
        held_out = n_films // 5
        work = importance_work(held_out, labels_a_film, held_out, 2, 16)
        size = table(n_films, labels_a_film, n_numbers)
        films.add_row(
            f"{n_films:,}", f"{size / 1e9:.2f}", *(f"{updates / 1e9:.2f} billion" for updates in work.values())
        )
    return [layers, films]


if __name__ == "__main__":
    console = Console()
    console.print(*report(), sep="\n")
