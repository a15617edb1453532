"""The config of a study of a table that was looked at, as YAML with the reason for each line."""

import shlex
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from greenlight_films.datamodules.number_format import are, counted, plural
from greenlight_films.datamodules.program import command

if TYPE_CHECKING:
    from greenlight_films.datamodules.look.look import Look

MADE = "made by `look`"
"""In the first line of each config that `look` writes, with a digest of the others."""

LAYOUT = ("query", "sheet", "member", "delimiter", "quote", "encoding", "skip", "header")


def config_text(look: "Look", name: str, file: str) -> str:
    """Return the text of a config that `study` takes as it is.

    Args:
        look: with a target and features.
        name: of the study.
        file: in which the text will stand.
    """
    body = "\n".join(_lines(look, name, file)) + "\n"
    films, table = f"{look.rows.n_counted:,} films", _commented(Path(look.table).name)
    return f"# A study of {films} of {table} ({MADE}, {_digest(body)}).\n{body}"


def is_as_made(text: str) -> bool:
    """Tell whether a text is a config that `look` made, and that nobody has changed since."""
    first, _, body = text.partition("\n")
    return f"({MADE}, {_digest(body)})" in first


def _digest(body: str) -> str:
    return sha256(body.encode()).hexdigest()[:12]


def _lines(look: "Look", name: str, file: str) -> Iterator[str]:
    yield "# Every line is what the table seems to say: change what you know better, and run it with"
    yield "#"
    yield f"#   {_commented(command(f'study --config {shlex.quote(file)}'))}"
    yield ""
    yield f"name: {_flow(name)}"
    yield "preset: recipe # the network, its training, and what is known of each name; `best`: three such networks"
    yield "seed_everything: 42"
    yield ""
    yield "data:"
    yield from _table_lines(look)
    yield from _row_lines(look)
    yield from _format_lines(look)
    yield from _target_lines(look)
    yield from _feature_lines(look)
    yield from _split_lines(look)


def _table_lines(look: "Look") -> Iterator[str]:
    yield f"  table: {_flow(look.table)}"
    for key in LAYOUT:
        value = getattr(look.layout, key)
        if value is not None:
            yield f"  {key}: {_flow(value)}"


def _row_lines(look: "Look") -> Iterator[str]:
    rows = look.rows
    if rows.shape:
        yield f"  shape: {_flow(rows.shape.config())} # {rows.shape.comment}"
    if rows.film:
        yield f"  film: {_flow(rows.film[0] if len(rows.film) == 1 else rows.film)} # what a film is known by"
    if rows.title:
        yield f"  title: {_flow(rows.title)}"
    if rows.where:
        yield f"  where: {_flow(rows.where)} # leaves out {_left_out(look)}"
    if look.weight:
        # Whether a film of many votes weighs more is the user's to say.
        yield f"  # weight: {_flow(look.weight)} # so that a mean of many counts more than one of few"


def _format_lines(look: "Look") -> Iterator[str]:
    used = {feature.arguments["column"] for feature in look.features}
    used |= {look.target.arguments["column"]} if look.target else set()
    formats = {column.name: column.format for column in look.columns if column.name in used}
    sentinels = {column.name: column.sentinels for column in look.columns}
    missing = {name: format.missing for name, format in formats.items() if format.missing is not None}
    if missing:
        yield "  missing: # texts that mean that nothing is known"
        for name, texts in missing.items():
            counts = [f"{count:,} of {text}" for text, count in sentinels[name].items()]
            comment = f" # {', '.join(counts)}" if counts else ""
            yield f"    {_flow(name)}: {_flow(list(texts))}{comment}"
    for key in ("decimal", "day_first"):
        values = {name: getattr(format, key) for name, format in formats.items() if getattr(format, key) is not None}
        if values:
            yield f"  {key}: {_flow(values)}"


def _target_lines(look: "Look") -> Iterator[str]:
    assert look.target is not None
    yield "  target:"
    yield f"    class_path: {look.target.name}"
    yield f"    init_args: {_flow(look.target.arguments)}"
    others = [name for name in look.targets if name != look.target.arguments["column"]]
    if others:
        yield f"    # Could be predicted as well: {_commented(', '.join(others))}"


def _feature_lines(look: "Look") -> Iterator[str]:
    yield "  features:"
    for feature in look.features:
        comments = [feature.comment]
        if feature.arguments["column"] in look.after_release:
            comments.append("known only after release: it goes with success and does not bring it")
        comment = _commented("; ".join(filter(None, comments)))
        yield f"    - {_flow(feature.config())}{f' # {comment}' if comment else ''}"
    if look.left_out:
        yield "  # Left out:"
        for name, reason in look.left_out.items():
            yield f"  #   {_commented(name)}: {_commented(reason)}"
        if texts := [name for name, reason in look.left_out.items() if reason == "text"]:
            yield "  # Their words can be features; measured, they helped nowhere so far (docs/models.md):"
            yield from (
                f"  #   - {_flow({'class_path': 'Text', 'init_args': {'column': _commented(name)}})}" for name in texts
            )


def _split_lines(look: "Look") -> Iterator[str]:
    rows, sizes = look.rows, {"val": 0.1, "test": 0.2}
    if rows.is_grouped:
        by = rows.film[0] if len(rows.film) == 1 else rows.film
        yield "  # Films have several rows: all rows of a film stay on the same side."
        yield f"  split: {_flow({'class_path': 'GroupSplit', 'init_args': {'by': by, **sizes, 'seed': 42}})}"
    else:
        yield f"  split: {_flow({'class_path': 'RandomSplit', 'init_args': {**sizes, 'seed': 42}})}"
    if look.time:
        yield "  # To learn from the past and test on the future:"
        yield f"  # split: {_flow({'class_path': 'TimeSplit', 'init_args': {'by': look.time, **sizes}})}"


def _flow(value: Any) -> str:
    """Return a value as YAML on a single line."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**9)
    return text.removesuffix("\n...\n").removesuffix("\n")


def _commented(text: str) -> str:
    """Return a text that may stand in a comment: on a line, without characters that YAML refuses."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _left_out(look: "Look") -> str:
    count = look.rows.n_rows - len(look.rows.kept)
    return f"{counted(count, 'row')} that {are(count)} no {plural(count, 'film')}"
