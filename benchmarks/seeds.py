"""Test scores of a study over seeds of the split, the weights and the order of the batches, and its peak memory.

python -m greenlight_films.benchmarks.seeds configs/ratings.yaml [--seeds 5] [options of `study`]
"""

import json
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from typing import Any

SEEDED = ("--data.split.seed", "--data.seed", "--model.seed")


def measure(config: str, seeds: int, options: list[str]) -> dict[str, Any]:
    """Run the study once a seed, each in a process of its own."""
    with TemporaryDirectory() as runs:
        for seed in range(seeds):
            words = [word for option in SEEDED for word in (option, str(seed))]
            command = [sys.executable, "cli.py", "study", "--config", config, "--runs", runs, *words, *options]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        scores = [json.loads(path.read_text())["models"] for path in Path(runs).glob("*/*/metrics.json")]
    peak = getrusage(RUSAGE_CHILDREN).ru_maxrss / 2**20
    models = {model: _spread(scores, model) for model in scores[0]}
    return {"config": config, "options": options, "seeds": seeds, "peak_gib": round(peak, 2), "models": models}


def _spread(scores: list[dict[str, dict[str, float]]], model: str) -> dict[str, dict[str, float]]:
    by_score = {score: [models[model][score] for models in scores] for score in scores[0][model]}
    return {
        score: {"mean": round(mean(values), 4), "std": round(stdev(values), 4)} for score, values in by_score.items()
    }


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("config")
    parser.add_argument("--seeds", type=int, default=5, choices=range(2, 101), metavar="2..100")
    own, options = parser.parse_known_args()
    print(json.dumps(measure(own.config, own.seeds, options)))
