"""The command `prepare`: from the raw files of a public collection to a table of films and configs for it."""

import argparse
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import NoReturn

import pandas as pd
import pyarrow as pa
from pyarrow import parquet
from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenlight_films.commands.parser.help import PREPARE
from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.datamodules.whole_files import cannot_write
from greenlight_films.sources.catalogue import CATALOGUE
from greenlight_films.sources.homes import HOMES
from greenlight_films.sources.preparation import ACCOUNT, Preparation
from greenlight_films.sources.raw_files import files_of, find_files
from greenlight_films.sources.source import Source
from greenlight_films.sources.study_config import MADE, shell_word, study_config
from greenlight_films.studies.folder import Folder

MOST_DIGITS = 15
"""Of a number of votes: more are none, and would not fit the table's numbers."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        if message.startswith("unrecognized"):
            given = (message.removeprefix("unrecognized arguments: ").split("=")[0].split() or [""])[0]
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
    targets, notes = _Targets(Path(options.out), source), list[str]()
    files = find_files(source.name, Path(options.raw), notes.append)
    targets.check(list(files.values()))
    with console.status("Reading") as status:
        preparation = Preparation(files, options.zero_is_missing, options.min_votes, status.update, notes=notes)
        films = source.prepare(preparation).reset_index(drop=True)
    _print_account(source, preparation, len(films), console)
    if films.empty:
        raise InputError(_nothing_left(source, preparation, targets))
    for line in _write(source, preparation, films, targets):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


class _Targets:
    """The files that are written.

    Attributes:
        table: of films.
        rejected: what was lost.
        configs: by the studies' names.
    """

    def __init__(self, out: Path, source: Source) -> None:
        self.table = out
        self.rejected = out.with_suffix(".rejected.csv")
        self.configs = {
            study.name: out.with_name(f"{out.stem}_{study.name}.yaml" if study.name else f"{out.stem}.yaml")
            for study in source.studies
        }

    @property
    def all(self) -> list[Path]:
        return [self.table, self.rejected, *self.configs.values()]

    def check(self, raw_files: list[Path]) -> None:
        """Refuse what can't be written, and to write over what `prepare` didn't make."""
        if self.table.suffix.lower() != ".parquet":
            raise InputError(f"--out must end in .parquet, got {self.table}: cells with several names are lists there")
        try:
            for path in self.all:
                if path.is_dir():
                    raise InputError(f"--out must be a file, got the folder {path}")
            folder = next(path for path in self.table.parents if path.exists())
            if not folder.is_dir():
                raise InputError(f"--out must be in a folder, {folder} is a file")
            with TemporaryFile(dir=folder):  # tells whether one can be written there
                pass
            for path in filter(Path.exists, self.all):
                if any(path.samefile(raw) for raw in raw_files):
                    raise InputError(f"--out would write over the raw file {path}: give another --out")
                if path != self.table and not self._is_ours(path):
                    raise InputError(f"{path} is there and was not made by `prepare`: give another --out")
        except OSError as problem:
            raise InputError(f"--out {self.table} can't be written: {problem.strerror}") from None

    def _is_ours(self, path: Path) -> bool:
        with path.open("rb") as stream:
            line = stream.readline(10_000).decode(errors="replace")
        return MADE in line if path != self.rejected else line.strip() == ",".join(ACCOUNT)


def _nothing_left(source: Source, preparation: Preparation, targets: _Targets) -> str:
    """Say why no film is left; what was rejected is written nevertheless."""
    main = preparation.files[files_of(source.name)[0]]
    message = f"`prepare {source.name}` found no film: every row was rejected or left out; see the reasons above"
    if not preparation.read.get(main.name.removesuffix(".gz")):
        message = f"{main} has a header and no rows"
    if len(preparation.rejected):
        _folder(targets).write_csv(targets.rejected.name, preparation.rejected)
        message += f"; what was rejected stands in {targets.rejected}"
    elif targets.rejected.exists():
        targets.rejected.unlink()  # of an earlier preparation
    earlier = [str(path) for path in (targets.table, *targets.configs.values()) if path.exists()]
    return f"{message}; of an earlier preparation there are still {', '.join(earlier)}" if earlier else message


def _folder(targets: _Targets) -> Folder:
    path = targets.table.parent
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise cannot_write(path, problem) from None
    return Folder(path)


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
    parser.add_argument("--min_votes", type=_votes, default=0)
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


def _votes(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to 999,999,999,999,999, got {text[:40]}")
    return int(text)


def _write(source: Source, preparation: Preparation, films: pd.DataFrame, targets: _Targets) -> list[str]:
    """Write table, rejected rows and configs; return what to say of them."""
    folder, table = _folder(targets), BytesIO()
    # Without what pandas would note for itself, which it can't read back where cells are lists.
    parquet.write_table(pa.Table.from_pandas(films, preserve_index=False).replace_schema_metadata(None), table)
    contents = {
        targets.table.name: table.getvalue(),
        targets.rejected.name: folder.csv(preparation.rejected).encode("utf-8"),
    }
    said, outdated = [f"Table: {targets.table}"], []
    if len(preparation.rejected):
        said.append(f"What was rejected, line by line: {targets.rejected}")
    for study in source.studies:
        path = targets.configs[study.name]
        try:
            config = study_config(source, study, films, str(targets.table.resolve()), str(path))
        except InputError as problem:
            outdated.append(path)
            said.append(f"No {path.name}: {problem}")
            continue
        contents[path.name] = config.encode("utf-8")
        said.append(f"{study.question}    python cli.py study --config {shell_word(path)}")
    folder.write_all(contents)
    for path in outdated:
        path.unlink(missing_ok=True)  # of an earlier preparation
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


run = prepare
