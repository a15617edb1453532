"""Commands on malformed tables, and on runs whose checkpoints, records and tables were changed."""

import json
import shutil
from collections import Counter
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from hypothesis import given
from hypothesis import strategies as st

from greenlight_films.commands.main import main
from tests.fuzz.contract import command, examples
from tests.fuzz.malformed import TABLES, Malformed, spoilt

ODD = [
    *(None, "x", "", 7, -1, 2**70, float("nan"), [], [[1]], {}, b"x", True, "\ud800", torch.zeros(3, 2)),
    *(torch.tensor(1), torch.zeros(0), torch.zeros(5, dtype=torch.complex64), torch.tensor(float("nan"))),
]
PLAIN = [odd for odd in ODD if not isinstance(odd, bytes | torch.Tensor)]


def key_paths(whole: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the keys that lead to each entry of nested lists and mappings."""
    inner = whole.items() if isinstance(whole, dict) else enumerate(whole) if isinstance(whole, list) else ()
    return [path for key, value in inner for path in [(*above, key), *key_paths(value, (*above, key))]]


@st.composite
def changed(draw: st.DrawFn, good: Any, values: list[Any]) -> Any:
    """Return nested lists and mappings with an entry dropped, or another in its stead."""
    whole = deepcopy(good)
    # Each part of a checkpoint as often as the others: three of four entries are counters of loops.
    top = draw(st.sampled_from(sorted({path[0] for path in key_paths(whole)}, key=str)))
    *above, key = draw(st.sampled_from([path for path in key_paths(whole) if path[0] == top]))
    holder = whole
    for name in above:
        holder = holder[name]
    if draw(st.sampled_from([True, False, False, False, False])):
        del holder[key]
    else:
        holder[key] = draw(st.sampled_from(values))
    return whole


def packed(checkpoint: Any) -> bytes:
    stream = BytesIO()
    torch.save(checkpoint, stream)
    return stream.getvalue()


class TrainedRun:
    """A finished study's folder, which is as it was after each command that is tried on it."""

    def __init__(self, config: Path, folder: Path) -> None:
        options = ["--trainer.max_epochs", "1", "--compare.models", "[ridge]", "--runs", str(folder / "kept")]
        assert main(["study", "--config", str(config), *options]) == 0
        self.path, self.new_runs = folder / "kept" / "fuzz" / "version_0", folder / "runs"
        self.before = self.content()
        self.ended: Counter[str] = Counter()

    def content(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.path.rglob("*") if path.is_file()}

    def ends(self, word: str, option: str, *words: object) -> None:
        """Run a command on the run as it stands; what is refused leaves all as it was."""
        standing = self.content()
        code = command(self.new_runs, word, option, self.path, *words, own_runs=False)
        self.ended[f"{word} {code}"] += 1
        if code == 2:
            assert self.content() == standing
        shutil.rmtree(self.path)
        for path, content in self.before.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def try_checkpoints(number: int, config: Path, folder: Path) -> Counter[str]:
    """Run commands on a run with changed checkpoints; return how often which ended how."""
    run = TrainedRun(config, folder)
    best, last = (run.path / "checkpoints" / f"{name}.ckpt" for name in ("best", "last"))
    good = torch.load(last, weights_only=True)
    odd, cut = st.sampled_from(ODD).map(packed), spoilt(st.just(packed(good)))
    checkpoints = st.one_of(*[changed(good, ODD).map(packed)] * 3, odd, cut)

    @examples(number, shrinks=False)
    @given(checkpoints, st.sampled_from(["test", "predict", "importance", "fit"]))
    def any_checkpoint(content: bytes, word: str) -> None:
        best.write_bytes(content)
        if word == "fit":
            last.write_bytes(content)
            run.ends(word, "--resume", "--trainer.max_epochs", 2)
        else:
            run.ends(word, "--run")

    any_checkpoint()
    return run.ended


def try_files(number: int, config: Path, folder: Path) -> Counter[str]:
    """Run commands on a run with a changed record or table; return how often which ended how."""
    run = TrainedRun(config, folder)
    names = [path.relative_to(run.path).as_posix() for path in run.before]
    records = [name for name in names if name.endswith(".json")]
    tables = [name for name in names if name.endswith((".csv", ".parquet"))]

    @st.composite
    def changed_files(draw: st.DrawFn) -> tuple[Path, bytes]:
        name = draw(st.sampled_from([*records, *records, *tables]))
        content = run.before[run.path / name]
        if name in records and draw(st.sampled_from([True, True, False])):
            return run.path / name, json.dumps(draw(changed(json.loads(content), PLAIN))).encode()
        return run.path / name, draw(spoilt(st.just(content)))

    @examples(number, shrinks=False)
    @given(changed_files(), st.sampled_from(["report", "report", "baselines", "test"]))
    def any_file(file: tuple[Path, bytes], word: str) -> None:
        path, content = file
        path.write_bytes(content)
        run.ends(word, "--run", *(["--models", "[]"] if word == "baselines" else []))

    any_file()
    return run.ended


NEW = ["fit", "fit", "study", "baselines", "audit"]
ON_A_RUN = ["test", "predict", "predict", "importance"]


def try_tables(number: int, config: Path, folder: Path) -> Counter[str]:
    """Run commands on malformed tables; return how often which ended how."""
    run = TrainedRun(config, folder)

    @examples(number)
    @given(TABLES, st.sampled_from([*NEW, *ON_A_RUN]))
    def any_table(table: Malformed, word: str) -> None:
        path = table.write(folder)
        if word in ON_A_RUN:
            run.ends(word, "--run", "--data.table", path)
        else:
            code = command(run.new_runs, word, "--config", config, "--data.table", path)
            run.ended[f"{word} {code}"] += 1
        path.unlink()

    any_table()
    return run.ended
