"""The reference of the site, made from the code: commands, keys of a config, and what a notebook imports.

python -m docs.make_reference build/docs

copies the pages and pictures of docs/ into that folder, and writes reference/ beside them.
"""

import inspect
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout, suppress
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

import greenlight_films as gl
from greenlight_films.commands.parser.help import COMMANDS, EXAMPLES, OPTIONS, WITH_FEW_OPTIONS
from greenlight_films.datamodules.look.look import Look
from greenlight_films.studies.audit import Audit
from greenlight_films.studies.settings.film_cli import FilmCLI
from greenlight_films.studies.tune.search_space import Search

HERE = Path(__file__).parent
PAGES = ("*.md", "*.png", "*.svg", "*.css", "recipes/*.md")

KEYS = {
    "": "The study",
    "data": "The table, features, target and split",
    "model": "The network",
    "early_stopping": "When training stops",
    "permutation_importance": "Importance",
    "compare": "Classical models",
    "tensorboard": "TensorBoard",
    "search": "What `tune` searches",
    "audit": "What `audit` does",
    "trainer": "Lightning's Trainer",
}
"""Groups of a config's keys, with their headings, in the page's order."""

OWN_WORDS = {
    "seed_everything": "What `model.seed`, `data.seed` and `permutation_importance.seed` are where they aren't stated"
}
"""What keys say that Lightning would describe by what it does itself."""

NAMES = {
    "The network": ("FilmRegressor", "Explanation"),
    "Tables": ("read_table", "look"),
    "Studies": ("study", "Results", "Spread"),
    "Importance": ("permutation_importance", "ImportanceResult"),
    "Features": ("Number", "Labels", "Category", "Date", "Text", "Bins", "Popularity"),
    "What is known of a name": ("TrackRecord", "RidgeByColumn", "Profile", "Size"),
    "Targets": ("Target", "ProfitRatio"),
    "Splits": ("RandomSplit", "GroupSplit", "TimeSplit", "KFold"),
    "Shapes": ("OneRowPerFilm", "MeanOfRows"),
    "Errors": ("InputError",),
}
"""What `greenlight_films` exports, by heading."""

WITH_METHODS = {"FilmRegressor", "Explanation", "Results", "Spread", "ImportanceResult", "Look"}
"""Classes whose methods people call; those of the others are called by Greenlight."""

SECTIONS = {"Args": "Arguments", "Attributes": "Attributes", "Raises": "Raises", "Returns": "Returns"}


def main(folder: str) -> None:
    """Write all pages of the site into a folder."""
    pages = Path(folder)
    shutil.rmtree(pages, ignore_errors=True)
    for path in sorted(path for pattern in PAGES for path in HERE.glob(pattern)):
        copy = pages / path.relative_to(HERE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    (pages / "reference").mkdir()
    for name, text in (("commands", commands()), ("config", config()), ("python", python())):
        (pages / "reference" / f"{name}.md").write_text(text, encoding="utf-8")


def commands() -> str:
    """Return the page of the commands and their usual options."""
    parts = [
        "# Commands",
        "In a clone a command is `python cli.py COMMAND`, where the package is installed `greenlight COMMAND`. "
        "Every [key of a config](config.md) is an option too. `--help` shows what stands here, `--help-all` all.",
    ]
    for word, meaning in COMMANDS.items():
        parts += [f"## {word}", sentence(meaning), f"```sh\npython cli.py {EXAMPLES[word]}\n```"]
        parts += list(definitions(OPTIONS[word].items()))
        if word not in WITH_FEW_OPTIONS:
            parts.append("Every key of a config besides.")
    return joined(parts)


class Key:
    """A key of a config, as the parser's help describes it: its name, type, default, and what it says."""

    def __init__(self, entry: str) -> None:
        head, _, tail = entry.strip().partition("\n")
        head, _, meaning = head.partition("  ") if "  " in head else (head, "", "")
        self.name = re.split(r"[ ,]", head.removeprefix("--"))[0]
        self.text = " ".join(f"{meaning} {tail}".split())

    @cached_property
    def group(self) -> str:
        return self.name.partition(".")[0] if "." in self.name else ""

    @property
    def meaning(self) -> str:
        """Return what the key says, and its default."""
        text = OWN_WORDS.get(self.name) or re.sub(r"\((required, )?type: .*$", "", self.text).strip()
        text = "" if self.group == "trainer" else text.replace("docs/models.md", "[models](../models.md)")
        return "; ".join(filter(None, (text.rstrip("."), self.default)))

    @property
    def default(self) -> str:
        """Return what stands where a config leaves the key out."""
        if "(required, type: " in self.text:
            return "required"
        match = re.search(r", default: (.*?)(, known subclasses: .*)?\)$", self.text)
        value = match[1] if match else "null"
        value = value.lower() if value in ("True", "False") else value
        class_path = re.match(r"\{'class_path': 'greenlight_films\.(\w+)'", value)
        return "" if value == "null" else f"by default `{class_path[1] if class_path else value}`"


def keys() -> list[Key]:
    """Return all keys of a config: those of every study, of `tune` and of `audit`."""
    os.environ["COLUMNS"] = "4000"  # a key's help on one line
    by_name: dict[str, Key] = {}
    for group in (None, ("search", Search), ("audit", Audit)):
        text = StringIO()
        with redirect_stdout(text), suppress(SystemExit):  # so a parser ends after its help
            FilmCLI(["--help"], group)
        for entry in re.split(r"\n(?=  -)", text.getvalue())[1:]:
            entry = re.split(r"\n\s*\n|\n\S", entry)[0]
            key = Key(entry)
            if entry.startswith("  --") and not key.name.endswith((".help", "help", "print_config")):
                by_name.setdefault(key.name, key)
    groups = {name.rpartition(".")[0] for name in by_name} | {"ckpt_path"}  # what no config holds as a value
    return [key for name, key in by_name.items() if name not in groups]


def config() -> str:
    """Return the page of a config's keys."""
    parts = [
        "# Keys of a config",
        "A config is a YAML file; `a.b` stands for the key `b` within `a`. On the command line a key is an option: "
        "`--model.dropout 0.3`. Defaults are those of the preset `recipe` ([models](../models.md)). "
        "`python cli.py study --config FILE --print_config` prints a config with all that it leaves unsaid.",
        "What stands under `data.features`, `data.target`, `data.split` and `data.shape` names a class and its "
        "arguments: `{class_path: Number, init_args: {column: year}}`. The classes are those of [Python](python.md).",
    ]
    every = keys()
    for group, title in KEYS.items():
        parts.append(f"## {title}")
        if group == "trainer":
            parts.append(
                "These are arguments of "
                "[Lightning's Trainer](https://lightning.ai/docs/pytorch/stable/common/trainer.html), "
                "whose page says what each does."
            )
        ours = [key for key in every if key.group == group]
        parts += definitions((key.name, key.meaning) for key in ours)
    return joined(parts)


def python() -> str:
    """Return the page of what `import greenlight_films as gl` brings."""
    parts = [
        "# Python",
        "What `import greenlight_films as gl` brings. [From Python](../python.md) shows how it is used.",
    ]
    for title, names in NAMES.items():
        parts.append(f"## {title}")
        for name in names:
            parts += described(f"gl.{name}", getattr(gl, name))
            if name == "look":
                parts += described("Look", Look)
    return joined(parts)


def described(name: str, thing: Any) -> Iterator[str]:
    """Yield a function's or a class's heading, signature, docstring and, where people call them, methods."""
    yield f"### {name}"
    if not (inspect.isclass(thing) and issubclass(thing, Exception)) and thing is not Look:
        yield f"```python\n{signature(name, thing)}\n```"
    yield from documented(thing)
    if not inspect.isclass(thing) or thing.__name__ not in WITH_METHODS:
        return
    for method, value in vars(thing).items():
        value = value.func if isinstance(value, cached_property) else value
        if method.startswith("_") or not inspect.getdoc(value) or not isinstance(value, property | FUNCTIONS):
            continue
        typed = method if isinstance(value, property) or value is not vars(thing)[method] else signature(method, value)
        yield f"#### `{thing.__name__}.{method}`"
        if typed != method:
            yield f"```python\n{typed}\n```"
        yield from documented(value)


FUNCTIONS = type(main) | classmethod | staticmethod


def signature(name: str, thing: Any) -> str:
    """Return how a function or class is called: its arguments and their defaults, wrapped."""
    thing = thing.__func__ if isinstance(thing, classmethod | staticmethod) else thing
    arguments = []
    for argument in inspect.signature(thing).parameters.values():
        if argument.name in ("self", "cls"):
            continue
        if argument.kind is argument.KEYWORD_ONLY and "*" not in arguments:
            arguments.append("*")
        has_default = argument.default is not argument.empty
        text = "..." if has_default and "<" in repr(argument.default) else repr(argument.default)
        arguments.append(f"{argument.name}={text}" if has_default else argument.name)
    line = f"{name}({', '.join(arguments)})"
    return line if len(line) <= 88 else f"{name}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"


def documented(thing: Any) -> Iterator[str]:
    """Yield a docstring as Markdown: text as it is, arguments as definitions, examples as code."""
    text = inspect.getdoc(thing) or ""
    pieces = re.split(rf"^({'|'.join(SECTIONS)}):\n", text, flags=re.MULTILINE)
    yield from paragraphs(pieces[0])
    for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
        indented = re.match(r"((?:    .*\n?|\n(?=    ))*)", body)
        assert indented
        entries = re.split(r"\n(?=    \S)", indented[0].rstrip())
        yield f"**{SECTIONS[title]}**"
        if all(re.match(r"    [^:]*\w: ", entry) for entry in entries):
            pairs = (entry.strip().split(":", 1) for entry in entries)
            yield from definitions((name, " ".join(meaning.split())) for name, meaning in pairs)
        else:
            yield " ".join(indented[0].split())
        yield from paragraphs(body[indented.end() :])


def paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a docstring; examples become blocks of code."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        if paragraph.startswith(">>>"):
            yield f"```pycon\n{paragraph}\n```"
        elif paragraph:
            yield safe(paragraph)


def definitions(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a definition list: a name in code, and what it means."""
    for name, meaning in pairs:
        yield f"`{name}`\n:   {safe(sentence(meaning))}"


def sentence(text: str) -> str:
    """Return a text that ends with a full stop, and begins with a capital letter unless that is a name or code."""
    text = text.strip()
    begins = text[:1].upper() + text[1:] if re.match(r"[a-z]+[ ,:;]", text) else text
    return begins if begins.endswith((".", "?")) or not begins else f"{begins}."


def safe(text: str) -> str:
    """Escape what Markdown would take for markup or HTML, outside of code."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(
        piece if piece.startswith("`") else re.sub(r"([*_])", r"\\\1", piece.replace("<", "&lt;")) for piece in pieces
    )


def joined(parts: Iterable[str]) -> str:
    """Return a page of these paragraphs."""
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main(sys.argv[1])
