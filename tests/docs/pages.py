"""The pages of the documentation, their blocks of code, and a folder that holds the files which they name."""

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from greenlight_films.commands.main import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^(.*?)\b(?:cli\.py|greenlight)[ ]+([a-z]+\b[^;&|\n]*)", re.MULTILINE)

LONG = {"study", "fit", "tune", "audit", "baselines", "importance"}
"""Commands that train or measure: parsed at every change, run by `make soak`."""

OF_COMMANDS = {"--compare.models", "--trainer.max_steps", "--trainer.val_check_interval"}  # that benchmarks run
ALONE = re.compile(r"--trainer\.(devices|accelerator gpu)|--resume")
"""Options of lines that are parsed only: they take a GPU, several processes, or a run that was stopped."""


class Block(NamedTuple):
    """A fenced block of a page: where it stands, its language, its text."""

    page: Path
    line: int
    language: str
    text: str


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [Block(page, text[: match.start(2)].count("\n"), match[1], match[2]) for match in FENCE.finditer(text)]


def run_python(block: Block, names: dict[str, Any]) -> None:
    """Run a block in the working folder, with names that earlier blocks of its page have defined."""
    exec(compile("\n" * block.line + block.text, str(block.page), "exec"), names)


class Typed(NamedTuple):
    """A command of ours in a block: its words, and whether it is typed as it stands, without a launcher before it."""

    words: list[str]
    is_plain: bool


def commands_of(block: Block) -> Iterator[Typed]:
    """Yield the commands of ours in a block, continued lines as one, variables of the shell with a value."""
    text = block.text.replace("\\\n", " ").replace('"$run"', "runs/ratings/version_0").replace('"$runs"', "runs")
    for match in COMMAND.finditer(text):
        if not match[1].lstrip().startswith("#"):
            yield Typed(shlex.split(match[2], comments=True), match[1].strip() in ("", "python"))


@dataclass
class Reader:
    """Runs or parses the blocks of a page in the working folder.

    Attributes:
        in_full: run what takes long, too.
        ask: sends the JSON of a `curl` line to a path of a served run, and returns the status.
        names: what its python blocks have defined.
    """

    in_full: bool
    ask: Callable[[str, Any], int]
    names: dict[str, Any] = field(default_factory=dict)

    def read(self, block: Block) -> None:
        """Run or parse a block; assert that it works."""
        getattr(self, f"_read_{block.language}")(block)

    def _read_text(self, block: Block) -> None:
        assert block.text.strip()

    def _read_python(self, block: Block) -> None:
        run_python(block, self.names)

    def _read_yaml(self, block: Block) -> None:
        """Parse what is a part of a config behind a whole one."""
        part = yaml.safe_load(block.text)
        Path("part.yaml").write_text(block.text, encoding="utf-8")
        word = "tune" if "search" in part else "study"
        succeed([word, "--config", "configs/ratings.yaml", "--config", "part.yaml", "--print_config"])

    def _read_sh(self, block: Block) -> None:
        subprocess.run(["bash", "-n", "-c", block.text], check=True)
        for typed in commands_of(block):
            has_all = typed.is_plain and not ALONE.search(shlex.join(typed.words))
            if (has_all and self.in_full) or typed.words[0] not in LONG:
                succeed(typed.words)
            else:
                succeed([*typed.words, "--print_config"])
        for line in block.text.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["make"]:
                assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
            elif words[:2] == ["python", "-m"]:
                benchmark = ROOT / f"{words[2].replace('.', '/')}.py"
                own = re.findall(r"\"(--\w+)\"", benchmark.read_text(encoding="utf-8"))
                options = [word for word in words if word.startswith("--")]
                assert set(options) <= {*own, *OF_COMMANDS}, line
            elif words[:1] == ["curl"]:
                path = next(word for word in words if ":8000" in word).partition(":8000")[2]
                assert self.ask(path, json.loads(words[words.index("-d") + 1])) == 200


def succeed(words: list[str]) -> None:
    """Run a command in this process; assert that it ends well."""
    try:
        code = main(words)
    except SystemExit as end:  # a parser's, after --print_config
        code = end.code or 0
    assert code == 0, shlex.join(words)
