"""The command `prepare`: from the raw files of a public collection to a table of films, and configs for studies."""

import argparse
import re
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile

import pandas as pd
import pyarrow as pa
from pyarrow import parquet
from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenlight_films.commands.parser.help import PREPARE
from greenlight_films.commands.parser.plain import PlainParser
from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.datamodules.number_format import counted
from greenlight_films.sources.catalogue import CATALOGUE
from greenlight_films.sources.homes import HOMES
from greenlight_films.sources.preparation import ACCOUNT, Preparation
from greenlight_films.sources.raw_files import files_of, find_files
from greenlight_films.sources.source import Source
from greenlight_films.sources.study_config import MADE, study_command, study_config
from greenlight_films.studies.folder import Folder


def run(words: list[str], console: Console) -> None:
    """Write the table and configs of a collection, and print what was read, rejected and written."""
    source, options = _parse(words)
    outputs, notes = _Outputs(source, Path(options.out)), list[str]()
    files = find_files(source.name, Path(options.raw), notes.append)
    outputs.check(list(files.values()))
    with console.status("Reading") as status:
        zero_is_missing = options.zero_is_missing == "true"
        preparation = Preparation(files, zero_is_missing, options.min_votes, status.update, notes=notes)
        films = source.prepare(preparation).reset_index(drop=True)
    _print_account(source, preparation, len(films), console)
    if films.empty:
        raise InputError(_nothing_left(source, preparation, outputs))
    for line in _write(source, preparation, films, outputs):
        console.out(line, highlight=False)


def _parse(words: list[str]) -> tuple[Source, argparse.Namespace]:
    names = ", ".join(CATALOGUE)
    if not words or words[0].startswith("-"):
        raise InputError(f"`prepare` needs the name of a source first: {names}")
    name = words[0]
    if name not in CATALOGUE:
        raise InputError(f"no source '{name}'{nearest(name, CATALOGUE) or '.'} There are: {names}")
    parser = PlainParser("prepare", PREPARE)
    parser.add_argument("--raw")
    parser.add_argument("--out")
    parser.add_argument("--zero_is_missing", type=str.lower, choices=("true", "false"), default="true")
    parser.add_argument("--min_votes", type=_votes, default=0)
    options = parser.parse_args(words[1:])
    if options.raw is None:
        raise InputError(f"`prepare` needs --raw, the folder of the raw files; they usually come from {HOMES[name]}")
    if options.out is None:
        raise InputError("`prepare` needs --out, the table to write, such as films.parquet")
    if Path(options.out).suffix.lower() != ".parquet":
        raise InputError(f"--out must end in .parquet, got {options.out}: cells with several names are lists there")
    return CATALOGUE[name], options


def _votes(text: str) -> int:
    if not re.fullmatch("[0-9]{1,15}", text):  # longer ones don't fit the table's numbers
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to 999,999,999,999,999, got {text[:40]}")
    return int(text)


class _Outputs:
    """The files that are written: the table, what was rejected, and a config for each question."""

    def __init__(self, source: Source, table: Path) -> None:
        self.table = table
        self.rejected = table.with_suffix(".rejected.csv")
        stems = ["_".join(filter(None, [table.stem, question.name])) for question in source.questions]
        self.configs = [table.with_name(f"{stem}.yaml") for stem in stems]

    def check(self, raw_files: list[Path]) -> None:
        """Refuse what can't be written, and to write over what `prepare` didn't make."""
        paths = [self.table, self.rejected, *self.configs]
        try:
            for path in paths:
                if path.is_dir():
                    raise InputError(f"--out must be a file, got the folder {path}")
            folder = next(path for path in self.table.parents if path.exists())
            if not folder.is_dir():
                raise InputError(f"--out must be in a folder, {folder} is a file")
            with TemporaryFile(dir=folder):  # fails where none can be written
                pass
            for path in filter(Path.exists, paths):
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


def _write(source: Source, preparation: Preparation, films: pd.DataFrame, outputs: _Outputs) -> list[str]:
    """Write the table, what was rejected and the configs; return the lines to print about them."""
    outputs.table.parent.mkdir(parents=True, exist_ok=True)
    folder, table = Folder(outputs.table.parent), BytesIO()
    # Without pandas' own metadata, with which it can't read lists back.
    parquet.write_table(pa.Table.from_pandas(films, preserve_index=False).replace_schema_metadata(None), table)
    rejected = folder.csv(preparation.rejected).encode("utf-8")
    contents = {outputs.table.name: table.getvalue(), outputs.rejected.name: rejected}
    lines, outdated = [f"Table: {outputs.table}"], []
    if len(preparation.rejected):
        lines.append(f"What was rejected, line by line: {outputs.rejected}")
    for question, path in zip(source.questions, outputs.configs, strict=True):
        try:
            contents[path.name] = study_config(source, question, films, outputs.table, path).encode("utf-8")
            lines.append(f"{question.text}    {study_command(path)}")
        except InputError as problem:
            outdated.append(path)
            lines.append(f"No {path.name}: {problem}")
    folder.write_all(contents)
    for path in outdated:
        path.unlink(missing_ok=True)  # of an earlier preparation
    return lines


def _nothing_left(source: Source, preparation: Preparation, outputs: _Outputs) -> str:
    """Write what was rejected, and return the message that no film is left."""
    main = files_of(source.name)[0]
    message = f"`prepare {source.name}` found no film: every row was rejected or left out; see the reasons above"
    if not preparation.read[preparation.name_of(main)]:
        message = f"{preparation.files[main]} has a header and no rows"
    if len(preparation.rejected):
        outputs.table.parent.mkdir(parents=True, exist_ok=True)
        Folder(outputs.table.parent).write_csv(outputs.rejected.name, preparation.rejected)
        message += f"; what was rejected stands in {outputs.rejected}"
    else:
        outputs.rejected.unlink(missing_ok=True)  # of an earlier preparation
    earlier = [str(path) for path in (outputs.table, *outputs.configs) if path.exists()]
    return f"{message}; of an earlier preparation there are still {', '.join(earlier)}" if earlier else message


def _print_account(source: Source, preparation: Preparation, n_films: int, console: Console) -> None:
    read = ", ".join(f"{counted(count, 'row')} of {name}" for name, count in preparation.read.items())
    console.out(f"{source.name}: read {read}", highlight=False)
    if len(preparation.rejected):
        counts = preparation.rejected.groupby(["file", "dropped", "reason"], sort=False).size().items()
        table = Table("file", "lost", "reason", title=Text("Rejected"), title_justify="left", title_style="bold")
        table.add_column("times", justify="right")
        for (file, dropped, reason), count in sorted(counts, key=lambda item: (item[0][:2], -item[1])):
            table.add_row(Text(file), dropped, Text(reason), f"{count:,}")
        console.print(table)
    for note in preparation.notes:
        console.out(note, highlight=False)
    if absent := ", ".join(file.name for file in files_of(source.name) if file not in preparation.files):
        console.out(f"Not there: {absent}; what they tell is missing", highlight=False)
    console.print(counted(n_films, "film"), style="bold", highlight=False)
