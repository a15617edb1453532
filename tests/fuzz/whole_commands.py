"""A process that runs whole commands on malformed tables: `python whole_commands.py CONFIG FOLDER`."""

import sys
from collections import Counter
from pathlib import Path

import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.contract import command, examples, report
from tests.fuzz.malformed import TABLES, Malformed

config, folder = Path(sys.argv[1]), Path(sys.argv[2])
torch.set_num_threads(1)
assert command(folder / "none", "fit", "--config", config, "--trainer.max_epochs", 1) == 0
from greenlight_films.commands.main import main  # noqa: E402

assert main(["fit", "--config", str(config), "--trainer.max_epochs", "1", "--runs", str(folder / "kept")]) == 0
run = folder / "kept" / "fuzz" / "version_0"
before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
ended: Counter[str] = Counter()
WORDS = ["fit", "fit", "study", "baselines", "audit", "test", "predict", "predict", "importance"]


@examples(40)
@given(TABLES, st.sampled_from(WORDS))
def any_table(table: Malformed, word: str) -> None:
    path = table.write(folder)
    trained = word in ("test", "predict", "importance")
    given = ["--run", run] if trained else ["--config", config]
    code = command(folder / "runs", word, *given, "--data.table", path)
    ended[f"{word} {code}"] += 1
    path.unlink()
    if code == 2 and trained:
        assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    else:
        for path in set(run.rglob("*")) - set(before):
            if path.is_file():
                path.unlink()
        for path, content in before.items():
            path.write_bytes(content)


any_table()
report(ended)
