"""A process that runs commands with malformed configs: `python broken_configs.py CONFIG FOLDER NUMBER WORD...`."""

import sys
from collections import Counter
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.contract import command, examples, report
from tests.fuzz.malformed import spoilt

config, folder, number, words = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
torch.set_num_threads(1)
import_module("greenlight_films.studies.settings.film_cli")  # which takes long beside others, and is no hang
GOOD = yaml.safe_load(config.read_text(encoding="utf-8"))
# What is still good must not be trained.
GOOD["trainer"]["max_epochs"] = 1
GOOD["compare"] = {"models": []}
if "tune" in words:
    GOOD["search"] = {"method": "grid", "trials": 2, "space": {"model.hidden": [[4], [8]], "model.dropout": [0.1]}}
if "audit" in words:
    GOOD["audit"] = {"repeats": 1, "models": ["ridge"], "year": "year"}

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{one}: &{one} [{', '.join([f'*{before}'] * 9)}]\n" for before, one in zip("abcdefgh", "bcdefghi", strict=True)
)
DEEP = "[" * 3000 + "]" * 3000
WHOLE = [
    *(b"", b"\n", b"null", b"[]", b"7", b"text", b"\0", b"\xff\xfe", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"a: ["),
    *(b"\t", b"---\n---\n", b"name: &x {y: *x}", b"? {a: b}\n: c\n", b"name: !!python/object/apply:os.system [true]"),
    *(b"<<: 1", b"name: !!binary xx", b"1: 2", b"name: 2001-02-30", b"name: !!timestamp x", b"data: *none"),
    *(b"trainer:\n\tmax_epochs: 1", b"name: x\nname: y", b"%YAML 9.9\n---\na: b", b"name: \x1b[2J", b"- name: x"),
    *(BOMB.encode(), DEEP.encode(), ("{a: " * 900 + "}" * 900).encode(), b"a: " + b"9" * 5000),
    "name: \u202e\ud83d\ude00".encode("utf-16", "surrogatepass"),
]
VALUES = st.one_of(
    st.sampled_from(
        [None, "", " ", "x" * 10_000, 0, -1, 1e308, float("nan"), float("inf"), 2**32, 2**70, True, [], {}]
    ),
    st.sampled_from([[None], [[]], {"": None}, {"class_path": "Nothing"}, {"class_path": None}, {"init_args": {}}, {}]),
    st.sampled_from([{"class_path": "Target"}, {"class_path": "builtins.int"}, "lightning.pytorch.callbacks.Timer"]),
    st.sampled_from(["1e400", "2001-02-03", "null", "../..", "/dev/null", "\u202e", "\x1b[2J", "none.yaml", "[" * 500]),
    st.sampled_from(["\0", "a\0b", "\ud800", "part.yaml", 2**63, 2**64, 2**150, 10**4000, 1e-320]),
    st.sampled_from([-5, "0x" + "f" * 40, "1:" * 50 + "1", [2**70], [65_537], [None] * 10]),
    st.text(max_size=5),
    st.integers(),
    st.floats(),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Return the good config with one to three keys dropped, added, or of another type."""
    whole = deepcopy(GOOD)
    for _ in range(draw(st.integers(1, 3))):
        place: Any = whole
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], (dict, list)) and place[key] and draw(st.sampled_from([True, True, False])):
                place = place[key]
                continue
            if key in ("max_epochs", "runs"):
                break
            kind = draw(st.sampled_from(["set", "set", "drop", "more"]))
            if kind == "set":
                place[key] = deepcopy(draw(VALUES))  # which may be changed, too
            elif kind == "drop":
                del place[key]
            elif isinstance(place, dict):
                place[draw(st.sampled_from(["hiden", "feature", "", "a b", "a.b"]))] = deepcopy(draw(VALUES))
            else:
                place.append(deepcopy(place[key]))
            break
    return yaml.safe_dump(whole, sort_keys=False, allow_unicode=True).encode("utf-8", "surrogatepass")


# What "part.yaml" stands for, beside the config.
PARTS = st.sampled_from([b"a: 1\na: 2", b"{", b"\xff", b"[[8]]", b"hidden: [8]", b"part.yaml", DEEP.encode()])
CONFIGS = st.one_of(
    mutated(), mutated(), mutated(), spoilt(st.just(yaml.safe_dump(GOOD).encode())), st.sampled_from(WHOLE)
)
ended: Counter[str] = Counter()


@examples(number, shrinks=False)
@given(CONFIGS, PARTS, st.sampled_from(words))
def any_config(content: bytes, part: bytes, word: str) -> None:
    path = folder / "broken.yaml"
    path.write_bytes(content)
    path.with_name("part.yaml").write_bytes(part)
    ended[f"{word} {command(folder / 'runs', word, '--config', path)}"] += 1


any_config()
report(ended)
