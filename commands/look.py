"""`look`: what a table holds, and a config for a study of it."""

from pathlib import Path

from rich.console import Console

from greenlight_films.commands.parser.help import LOOK
from greenlight_films.commands.parser.looked_at import look_as_asked
from greenlight_films.commands.parser.plain import PlainParser, add_look_options, study_name
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.look.config_text import MADE, is_as_made
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
    problem = _write(seen, out)  # first: what is printed may be read no further than its first lines
    print_look(seen, console)
    if problem:
        raise problem
    console.print(f"\n{out}", style="bold", highlight=False, markup=False)


def _out(table: str, out: str | None) -> Path:
    """Return the config to write; refuse to write over what `look` did not make, or what was changed since."""
    path = Path(out or f"{study_name(table)}.yaml")
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise InputError(f"--out must end in .yaml, got {path}")
    if path.is_dir():
        raise InputError(f"--out must be a file, got the folder {path}")
    if path.is_file():
        text = path.read_text(encoding="utf-8", errors="replace")
        if not is_as_made(text):
            why = "was changed since `look` made it" if MADE in text.partition("\n")[0] else "was not made by `look`"
            raise InputError(f"{path} is there and {why}: give another --out")
    return path


def _write(seen: Look, out: Path) -> InputError | None:
    """Write the config; return what must be decided before there can be one."""
    try:
        text = seen.to_yaml(study_name(str(out)), out)
        out.parent.mkdir(parents=True, exist_ok=True)
        Folder(out.parent).write_all({out.name: text.encode("utf-8")})
    except InputError as problem:
        return problem
    return None
