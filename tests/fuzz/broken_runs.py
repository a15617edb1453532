"""A process that reads runs whose files were changed: `python broken_runs.py CONFIG FOLDER PART NUMBER`."""

import json
import shutil
import sys
from collections import Counter
from copy import deepcopy
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.contract import command, examples, report
from tests.fuzz.malformed import spoilt

config, folder, part, number = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
torch.set_num_threads(1)
import_module("greenlight_films.studies.settings.film_cli")  # which takes long beside others, and is no hang
from greenlight_films.commands.main import main  # noqa: E402

once = ["--trainer.max_epochs", "1", "--compare.models", "[ridge]", "--runs", str(folder / "kept")]
assert main(["study", "--config", str(config), *once]) == 0
run = folder / "kept" / "fuzz" / "version_0"
before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
BEST, LAST = (run / "checkpoints" / f"{name}.ckpt" for name in ("best", "last"))
GOOD: dict[str, Any] = torch.load(LAST, weights_only=True)
ODD = [
    *(None, "x", "", 7, -1, 2**70, float("nan"), [], [[1]], {}, b"x", True, "\ud800", torch.zeros(3, 2)),
    *(torch.tensor(1), torch.zeros(0), torch.zeros(5, dtype=torch.complex64), torch.tensor(float("nan"))),
]
PLAIN = [odd for odd in ODD if not isinstance(odd, bytes | torch.Tensor)]


def places(whole: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the keys that lead to each entry of nested lists and mappings."""
    inner = whole.items() if isinstance(whole, dict) else enumerate(whole) if isinstance(whole, list) else ()
    return [one for key, value in inner for one in [(*above, key), *places(value, (*above, key))]]


@st.composite
def changed(draw: st.DrawFn, good: Any, values: list[Any]) -> Any:
    """Return nested lists and mappings with one entry dropped, or another in its place."""
    whole = deepcopy(good)
    # Each part of a checkpoint as often as the others: three of four entries are counters of loops.
    top = draw(st.sampled_from(sorted({place[0] for place in places(whole)}, key=str)))
    *above, key = draw(st.sampled_from([place for place in places(whole) if place[0] == top]))
    holder = whole
    for one in above:
        holder = holder[one]
    if draw(st.sampled_from([True, False, False, False, False])):
        del holder[key]
    else:
        holder[key] = draw(st.sampled_from(values))
    return whole


def packed(checkpoint: Any) -> bytes:
    stream = BytesIO()
    torch.save(checkpoint, stream)
    return stream.getvalue()


CHECKPOINTS = st.one_of(
    changed(GOOD, ODD).map(packed),
    changed(GOOD, ODD).map(packed),
    changed(GOOD, ODD).map(packed),
    st.sampled_from(ODD).map(packed),
    spoilt(st.just(packed(GOOD))),
)
JSON = [
    "metrics.json",
    "importance.json",
    *(f"artifacts/{path.name}" for path in run.glob("artifacts/*.json")),
]
TABLES = ["predictions.csv", "leaderboard.csv", "baselines/predictions.csv", "Permu_importance_df.csv"]
TABLES += ["aggregated_importance.csv", "employee_with_importance.csv", "contributions.parquet"]
TABLES += sorted(str(path.relative_to(run)) for path in run.glob("baselines/*/*.csv"))


@st.composite
def changed_files(draw: st.DrawFn) -> tuple[Path, bytes]:
    """Return a file of a run and what stands in it now."""
    name = draw(st.sampled_from([*JSON, *JSON, *TABLES]))
    content = before[run / name]
    if name in JSON and draw(st.sampled_from([True, True, False])):
        return run / name, json.dumps(draw(changed(json.loads(content), PLAIN))).encode()
    return run / name, draw(spoilt(st.just(content)))


ended: Counter[str] = Counter()


def ends(word: str, option: str, *words: object) -> None:
    """Run a command on the run as it stands; what is refused leaves all as it was."""
    standing = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    code = command(folder / "runs", word, option, run, *words, own_runs=False)
    ended[f"{word} {code}"] += 1
    if code == 2:
        assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == standing
    shutil.rmtree(run)
    for path, content in before.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@examples(number, shrinks=False)
@given(CHECKPOINTS, st.sampled_from(["test", "predict", "importance", "fit"]))
def any_checkpoint(content: bytes, word: str) -> None:
    BEST.write_bytes(content)
    if word == "fit":
        LAST.write_bytes(content)
        ends(word, "--resume", "--trainer.max_epochs", 2)
    else:
        ends(word, "--run")


@examples(number, shrinks=False)
@given(changed_files(), st.sampled_from(["report", "report", "baselines", "test"]))
def any_file(file: tuple[Path, bytes], word: str) -> None:
    path, content = file
    path.write_bytes(content)
    ends(word, "--run", *(["--models", "[]"] if word == "baselines" else []))


any_checkpoint() if part == "checkpoints" else any_file()
report(ended)
