"""A study of malformed tables: small, and quick to train."""

from pathlib import Path

import pytest

from tests.fuzz.malformed import Malformed, good_table

CONFIG = """\
name: fuzz
preset: seed
seed_everything: 7
data:
  table: {table}
  film: id
  title: title
  target: {{class_path: Target, init_args: {{column: rating, unit: points}}}}
  features:
    - {{class_path: Number, init_args: {{column: year}}}}
    - {{class_path: Labels, init_args: {{column: genre}}}}
    - {{class_path: Category, init_args: {{column: company}}}}
  split: {{class_path: RandomSplit, init_args: {{val: 0.2, test: 0.25, seed: 3}}}}
  allow_split_films: true
  batch_size: 32
model: {{hidden: [8], learning_rate: 0.01}}
compare: {{models: [ridge]}}
report: false
trainer: {{max_epochs: 2, accelerator: cpu, devices: 1, enable_progress_bar: false, logger: false}}
"""


@pytest.fixture(scope="session")
def fuzz_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a config whose table stands beside it; both are good."""
    folder = tmp_path_factory.mktemp("fuzz")
    table: Malformed = good_table()
    path = folder / "study.yaml"
    path.write_text(CONFIG.format(table=table.write(folder)), encoding="utf-8")
    return path
