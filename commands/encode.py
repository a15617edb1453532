"""`encode`: read and encode the table of a study once."""

from rich.console import Console

from greenlight_films.commands.parser.options import taken_out, training_options
from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.number_format import counted
from greenlight_films.studies.load import load
from greenlight_films.studies.processes import say


def run(words: list[str], console: Console) -> None:
    """Write the encoded films of a study's table into a folder, from where later commands map them."""
    words, out = taken_out("--out", words, "a folder")
    settings, _ = training_options("encode", words)
    data = settings.data
    data.encoded = out or data.encoded or str(data.cache)
    load(settings, console=console)
    if data.entry is None:
        raise InputError(
            "data.table must be a file or files, and data.features Greenlight's own, for films to be kept, got "
            f"{data.table}; "
            "`study` encodes them itself"
        )
    size = sum(path.stat().st_size for path in data.entry.iterdir())
    films, labels = counted(data.films.n_rows, "film"), data.films.encoded.labels.shape[1]
    say(console, f"{films}, {counted(labels, 'label')}, {size / 1e6:,.1f} MB")
    say(console, f"{data.entry}/", "bold")
