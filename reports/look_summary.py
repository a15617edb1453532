"""A look at a table, for the terminal: its columns, what they become, what is strange, and what must be decided."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenlight_films.datamodules.errors import in_options, listed
from greenlight_films.datamodules.look.column import ColumnLook
from greenlight_films.datamodules.look.look import Look
from greenlight_films.datamodules.number_format import compact, counted, plural

SHOWN = 60  # columns
ALIKE = 12  # notices


def print_look(look: Look, console: Console) -> None:
    """Print what a table holds, and what a study of it would be; what must be decided first is an error's to say."""
    console.print(heading(look), style="bold", markup=False, highlight=False)
    console.print()
    console.print(_columns(look, console.width))
    if len(look.columns) > SHOWN:
        console.print(f"and {counted(len(look.columns) - SHOWN, 'more column')}", highlight=False)
    console.print()
    for line in look.notices[:ALIKE]:
        console.print(Text(f"• {in_options(line)}"))
    if len(look.notices) > ALIKE:
        console.print(f"• and {len(look.notices) - ALIKE:,} more", highlight=False)
    if look.after_release:
        names = listed(look.after_release)
        console.print(Text(f"• Known only after release: {names}; --before_release leaves such columns out"))
    if look.faults:
        return
    if look.target:
        target = look.target.arguments["column"]
        others = [name for name in look.targets if name != target]
        more = f" (or, with --target, {listed(others)})" if others else ""
        console.print(Text(f"A study would predict {target}{more} from {_features(look)}."))


def heading(look: Look) -> str:
    """Say in a line what the table is: films, rows, columns, and how the file is written."""
    rows, n_columns = look.rows, len(look.columns)
    films = (
        counted(rows.n_counted, "film")
        if rows.n_counted == rows.n_rows
        else f"{counted(rows.n_counted, 'film')} in {rows.n_rows:,} rows"
    )
    known = f", known by {' and '.join(rows.film)}" if rows.film else ""
    layout = look.layout
    written = [
        layout.encoding or "",
        f"{layout.delimiter!r} between cells" if layout.delimiter else "",
        f"sheet {layout.sheet}" if layout.sheet else "",
        f"{layout.member} in the zip" if layout.member else "",
        f"{counted(layout.skip, 'line')} above the header" if layout.skip else "",
    ]
    how = "; ".join(part for part in written if part)
    return f"{look.table}: {films}{known}, {counted(n_columns, 'column')}{f' ({how})' if how else ''}"


def in_short(look: Look) -> list[str]:
    """Return what was taken and what was left out, in at most ten lines."""
    lines = [heading(look)]
    if look.target:
        lines.append(f"predicted: {look.target.arguments['column']}")
    lines.append(f"from {_features(look)}: {listed(feature.arguments['column'] for feature in look.features)}")
    by_reason: dict[str, list[str]] = {}
    for name, reason in look.left_out.items():
        by_reason.setdefault(reason, []).append(name)
    reasons = list(by_reason.items())
    lines += [f"left out: {listed(names)} ({reason})" for reason, names in reasons[:4]]
    others = sum(len(names) for _, names in reasons[4:])
    lines += [f"left out for other reasons: {counted(others, 'column')}"] if others else []
    room, notices = 9 - len(lines), [notice for notice in look.notices if not notice.endswith("left out")]
    lines += notices[:room]
    if len(notices) > room:
        lines.append(f"and {counted(len(notices) - room, 'more notice')}: `look` shows all")
    return lines


def _features(look: Look) -> str:
    n_numbers = sum(feature.name in ("Number", "Date") for feature in look.features)
    n_labels = len(look.features) - n_numbers
    parts = [f"{counted(n_numbers, 'column')} of numbers or dates" if n_numbers else ""]
    things = "" if n_numbers else plural(n_labels, " column")
    parts += [f"{n_labels:,}{things} of labels" if n_labels else ""]
    return " and ".join(part for part in parts if part) or "nothing: no column can be a feature"


def _columns(look: Look, width: int) -> Table:
    """Return the table of columns, in the width of a terminal: what they hold has room, examples take what is left."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0), expand=True)
    names = [_name(column) for column in look.columns[:SHOWN]]
    table.add_column("column", overflow="fold", width=min(max(map(len, ["column", *names])), width // 4))
    table.add_column("holds", overflow="fold", width=min(22, max(12, width // 6)))
    table.add_column("missing", justify="right", no_wrap=True, width=7)
    table.add_column("from, to, or examples", overflow="ellipsis", no_wrap=True, ratio=3, min_width=10)
    table.add_column("becomes", overflow="fold", ratio=2, min_width=18)
    features = {feature.arguments["column"]: feature.name for feature in look.features}
    target = look.target.arguments["column"] if look.target else None
    for column, name in zip(look.columns, names, strict=False):
        if column.name == target:
            becomes = Text("the target", style="bold green")
        elif column.name in features:
            becomes = Text(features[column.name], style="green")
        elif column.fault:
            becomes = Text("to be decided", style="red")
        else:
            becomes = Text(f"– {look.left_out.get(column.name, column.kind)}", style="dim")
        share = column.missing_share
        missing = "" if not share else f"{share:.0%}" if share >= 0.005 else "<1%"
        table.add_row(Text(name), Text(_holds(column)), missing, Text(_shown(column), style="dim"), becomes)
    return table


def _name(column: ColumnLook) -> str:
    return f"{column.name} ({len(column.sources)} columns)" if column.sources else column.name


def _holds(column: ColumnLook) -> str:
    unit = f", {column.unit}" if column.unit else ""
    role = f" ({column.role})" if column.role else ""
    return f"{column.kind}{unit}{role}"


def _shown(column: ColumnLook) -> str:
    extremes = column.extremes()
    if extremes:
        low, high = (
            compact(end) if isinstance(end, float) and column.kind != "year" else _plain(end) for end in extremes
        )
        return f"{low} to {high}" if low != high else f"{low}"
    return ", ".join(str(example) for example in column.examples())


def _plain(end: object) -> str:
    return f"{end:.0f}" if isinstance(end, float) else str(end)
