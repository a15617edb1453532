"""`study --table FILE`: a table that nobody has described is looked at, and its config is that of the study."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from greenlight_films.commands.parser.help import LOOK
from greenlight_films.commands.parser.plain import PlainParser, add_look_options, formats_of, layout_of, study_name
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.look.look import Look, look
from greenlight_films.reports.look_summary import in_short


def look_as_asked(table: str, options: Namespace, console: Console) -> Look:
    """Look at a table as a command's options say."""
    with console.status(f"Looking at {table}"):
        return look(
            table,
            options.target,
            layout=layout_of(options),
            formats=formats_of(options),
            leave_out=options.leave_out,
            before_release=options.before_release == "true",
        )


@contextmanager
def config_of_table(words: list[str], console: Console) -> Iterator[tuple[list[str], str]]:
    """Give a command's words with a config of the table that `--table` names in its place, and that config's text.

    Without `--table` the words stay as they are, and the text is empty.
    """
    if not any(word.partition("=")[0] == "--table" for word in words):
        yield words, ""
        return
    if any(word.partition("=")[0] in ("--config", "-c", "--resume") for word in words):
        raise InputError("--table is for a table without a config: give --table, or --config with --data.table")
    parser = PlainParser("study", LOOK)
    parser.add_argument("--table", required=True)
    add_look_options(parser)
    options, rest = parser.parse_known_args(words)
    seen = look_as_asked(options.table, options, console)
    text = seen.to_yaml(study_name(options.table))
    for line in in_short(seen):
        console.print(line, highlight=False, markup=False)
    with TemporaryDirectory() as folder:
        config = Path(folder) / "look.yaml"
        config.write_text(text, encoding="utf-8")
        yield ["--config", str(config), *rest], text
