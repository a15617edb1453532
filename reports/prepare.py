"""The command `prepare`: from the raw files of a public collection to a table of films and configs for it."""

import argparse
from io import BytesIO
from pathlib import Path
from typing import NoReturn

import pandas as pd
import pyarrow as pa
from pyarrow import parquet
from rich.console import Console
from rich.table import Table
from rich.text import Text

from datamodules.errors import InputError, nearest
from datamodules.sources.catalogue import CATALOGUE
from datamodules.sources.preparation import Preparation, refuse_nothing
from datamodules.sources.raw_files import HOMES, files_of, find_files
from datamodules.sources.source import Source
from datamodules.sources.study_config import study_config
from reports.folder import Folder
from reports.help import PREPARE


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        given = message.removeprefix("unrecognized arguments: ").split("=")[0].split()[0]
        if message.startswith("unrecognized"):
            raise InputError(f"no option '{given}'{nearest(given, (name.split()[0] for name in PREPARE))}")
        raise InputError(f"`prepare`: {message}")


def prepare(words: list[str], console: Console) -> None:
    """Prepare a table, and say what was read, dropped and written.

    Args:
        words: the source and the options.

    Raises:
        InputError: the source is unknown, its files are not there or others, or no film is left.
    """
    source, options = _parse(words)
    out = Path(options.out)
    _check_out(out)
    files = find_files(source.name, Path(options.raw))
    with console.status("Reading") as status:
        preparation = Preparation(files, options.zero_is_missing, options.min_votes, status.update)
        films = source.prepare(preparation).reset_index(drop=True)
    _print_account(source, preparation, len(films), console)
    refuse_nothing(films, source.name)
    for line in _write(source, preparation, films, out):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _parse(words: list[str]) -> tuple[Source, argparse.Namespace]:
    named = ", ".join(CATALOGUE)
    if not words or words[0].startswith("-"):
        raise InputError(f"`prepare` needs the name of a source first: {named}")
    if words[0] not in CATALOGUE:
        raise InputError(f"no source '{words[0]}'{nearest(words[0], CATALOGUE) or '.'} There are: {named}")
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--raw")
    parser.add_argument("--out")
    parser.add_argument("--zero_is_missing", type=_truth, default=True)
    parser.add_argument("--min_votes", type=_count, default=0)
    options = parser.parse_args(words[1:])
    source = words[0]
    if options.raw is None:
        raise InputError(f"`prepare` needs --raw, the folder of the raw files; they usually come from {HOMES[source]}")
    if options.out is None:
        raise InputError("`prepare` needs --out, the table to write, such as films.parquet")
    return CATALOGUE[source], options


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"must be true or false, got {text}")
    return text.lower() == "true"


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number from 0, got {text}")
    return int(text)


def _check_out(out: Path) -> None:
    if out.suffix.lower() != ".parquet":
        raise InputError(f"--out must end in .parquet, got {out}: cells with several names are lists there")
    if out.is_dir():
        raise InputError(f"--out must be a file, got the folder {out}")
    if out.parent.exists() and not out.parent.is_dir():
        raise InputError(f"--out must be in a folder, {out.parent} is a file")


def _write(source: Source, preparation: Preparation, films: pd.DataFrame, out: Path) -> list[str]:
    """Write table, rejected rows and configs; return what to say of them."""
    folder, content = Folder(out.parent), BytesIO()
    # Without what pandas would note for itself, which it can't read back where cells are lists.
    parquet.write_table(pa.Table.from_pandas(films, preserve_index=False).replace_schema_metadata(None), content)
    folder.write_bytes(out.name, content.getvalue())
    said = [f"Table: {out}"]
    rejected = out.with_suffix(".rejected.csv")
    folder.write_csv(rejected.name, preparation.rejected)
    if len(preparation.rejected):
        said.append(f"What was rejected, line by line: {rejected}")
    for study in source.studies:
        path = out.with_name(f"{out.stem}_{study.name}.yaml" if study.name else f"{out.stem}.yaml")
        try:
            config = study_config(source, study, films, str(out.resolve()), str(path))
        except InputError as problem:
            path.unlink(missing_ok=True)  # of an earlier preparation
            said.append(f"No {path.name}: {problem}")
            continue
        folder.write_text(path.name, config)
        said.append(f"{study.question}    python cli.py study --config {path}")
    return said


def _print_account(source: Source, preparation: Preparation, n_films: int, console: Console) -> None:
    read = ", ".join(f"{count:,} rows of {name}" for name, count in preparation.read.items())
    console.print(f"{source.name}: read {read}", highlight=False, markup=False, soft_wrap=True)
    counts = preparation.counts()
    if counts:
        table = Table(title=Text("Rejected"), title_justify="left", title_style="bold")
        for heading in ("file", "lost", "reason"):
            table.add_column(heading)
        table.add_column("times", justify="right")
        for (file, dropped, reason), count in sorted(counts.items(), key=lambda item: (item[0][:2], -item[1])):
            table.add_row(Text(file), dropped, Text(reason), f"{count:,}")
        console.print(table)
    for note in preparation.notes:
        console.print(note, highlight=False, markup=False, soft_wrap=True)
    absent = ", ".join(file.name for file in files_of(source.name) if file not in preparation.files)
    if absent:
        console.print(f"Not there: {absent}; what they tell is missing", highlight=False, soft_wrap=True)
    console.print(f"{n_films:,} films", style="bold", highlight=False)
