"""Commands with malformed configs: what transfers, attackers and slips of the hand make of a good one."""

from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.contract import command, examples
from tests.fuzz.malformed import spoilt

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
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
def mutated(draw: st.DrawFn, good: dict[str, Any]) -> bytes:
    """Return a good config with one to three keys dropped, added, or of another type."""
    whole = deepcopy(good)
    for _ in range(draw(st.integers(1, 3))):
        holder: Any = whole
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(holder[key], (dict, list)) and holder[key] and draw(st.sampled_from([True, True, False])):
                holder = holder[key]
                continue
            if key in ("max_epochs", "runs"):
                break
            kind = draw(st.sampled_from(["set", "set", "drop", "more"]))
            if kind == "set":
                holder[key] = deepcopy(draw(VALUES))  # which may be changed, too
            elif kind == "drop":
                del holder[key]
            elif isinstance(holder, dict):
                holder[draw(st.sampled_from(["hiden", "feature", "", "a b", "a.b"]))] = deepcopy(draw(VALUES))
            else:
                holder.append(deepcopy(holder[key]))
            break
    return yaml.safe_dump(whole, sort_keys=False, allow_unicode=True).encode("utf-8", "surrogatepass")


# What "part.yaml" stands for, beside the config.
PARTS = st.sampled_from([b"a: 1\na: 2", b"{", b"\xff", b"[[8]]", b"hidden: [8]", b"part.yaml", DEEP.encode()])


def try_configs(number: int, config: Path, folder: Path, words: list[str]) -> Counter[str]:
    """Run commands with malformed configs; return how often which ended how."""
    good = yaml.safe_load(config.read_text(encoding="utf-8"))
    # What is still good must not be trained.
    good["trainer"]["max_epochs"] = 1
    good["compare"] = {"models": []}
    if "tune" in words:
        good["search"] = {"method": "grid", "trials": 2, "space": {"model.hidden": [[4], [8]], "model.dropout": [0.1]}}
    if "audit" in words:
        good["audit"] = {"repeats": 1, "models": ["ridge"], "year": "year"}
    configs = st.one_of(*[mutated(good)] * 3, spoilt(st.just(yaml.safe_dump(good).encode())), st.sampled_from(WHOLE))
    ended: Counter[str] = Counter()

    @examples(number, shrinks=False)
    @given(configs, PARTS, st.sampled_from(words))
    def any_config(content: bytes, part: bytes, word: str) -> None:
        path = folder / "broken.yaml"
        path.write_bytes(content)
        path.with_name("part.yaml").write_bytes(part)
        ended[f"{word} {command(folder / 'runs', word, '--config', path)}"] += 1

    any_config()
    return ended
