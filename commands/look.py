"""`look`: what a table holds, and a config for a study of it."""

from pathlib import Path

from rich.console import Console

from greenlight_films.commands.parser.help import LOOK
from greenlight_films.commands.parser.looked_at import look_as_asked
from greenlight_films.commands.parser.plain import PlainParser, add_look_options, study_name
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.look.config_text import MADE
from greenlight_films.datamodules.look.look import Look
from greenlight_films.reports.look_summary import print_look
from greenlight_films.studies.folder import Folder


def run(words: list[str], console: Console) -> None:
    """Print what a table holds, and write the config of a study of it."""
    parser = PlainParser("look", LOOK)
    parser.add_argument("table", nargs="?")
    parser.add_argument("--out")
    add_look_options(parser)
    options = parser.parse_args(words)
    if not options.table:
        raise InputError("`look` needs a table, such as films.csv")
    out = _out(options.table, options.out)
    seen = look_as_asked(options.table, options, console)
    print_look(seen, console)
    _write(seen, out, console)


def _out(table: str, out: str | None) -> Path:
    """Return the config to write; refuse to write over what `look` did not make."""
    path = Path(out or f"{study_name(table)}.yaml")
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise InputError(f"--out must end in .yaml, got {path}")
    if path.is_dir():
        raise InputError(f"--out must be a file, got the folder {path}")
    if path.is_file():
        with path.open("rb") as stream:
            if MADE not in stream.readline(10_000).decode(errors="replace"):
                raise InputError(f"{path} is there and was not made by `look`: give another --out")
    return path


def _write(seen: Look, out: Path, console: Console) -> None:
    text = seen.to_yaml(out.stem)
    out.parent.mkdir(parents=True, exist_ok=True)
    Folder(out.parent).write_all({out.name: text.encode("utf-8")})
    console.print(f"\n{out}", style="bold", highlight=False, markup=False)
