"""Test scores of a study over seeds of the split, the weights and the order of the batches: mean and spread.

python -m benchmarks.seeds configs/ratings.yaml [seeds, default 5]
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from typing import Any

SEEDED = ("--data.split.seed", "--data.seed", "--model.seed")


def measure(config: str, seeds: int) -> dict[str, Any]:
    """Run the study once a seed, each in a process of its own."""
    with TemporaryDirectory() as runs:
        for seed in range(seeds):
            given = [word for option in SEEDED for word in (option, str(seed))]
            command = [sys.executable, "cli.py", "study", "--config", config, "--runs", runs, *given]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        found = [json.loads(path.read_text())["models"] for path in Path(runs).glob("*/*/metrics.json")]
    return {"config": config, "seeds": seeds, "models": {model: _spread(found, model) for model in found[0]}}


def _spread(found: list[dict[str, dict[str, float]]], model: str) -> dict[str, dict[str, float]]:
    values = {score: [models[model][score] for models in found] for score in found[0][model]}
    return {score: {"mean": round(mean(of), 4), "std": round(stdev(of), 4)} for score, of in values.items()}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)))
