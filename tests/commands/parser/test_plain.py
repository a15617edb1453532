import re

import pytest

from greenlight_films.commands.parser.help import LOOK
from greenlight_films.commands.parser.plain import PlainParser, add_look_options, formats_of, layout_of, study_name
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.layout import Layout


def parsed(*words):
    parser = PlainParser("look", ["--target COLUMN", "--day_first true"])
    add_look_options(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize("prefix", ["--", "--data."])
def test_options_may_be_written_as_study_has_them(prefix):
    options = parsed(f"{prefix}skip", "2", f"{prefix}header=false", f"{prefix}quote", "", f"{prefix}day_first", "true")
    assert layout_of(options) == Layout(skip=2, header=False, quote="")
    assert formats_of(options).of("released") == Format(day_first=True)


def test_every_option_on_the_page_of_look_is_taken():
    options = set(re.findall(r"--\w+", "\n".join([*LOOK, *LOOK.values()]))) - {"--out"}
    assert len(options) > 12
    parser = PlainParser("look", LOOK)
    add_look_options(parser)
    assert options <= set(re.findall(r"--\w+", parser.format_usage()))


def test_cells_are_declared_of_all_columns_or_by_column():
    formats = formats_of(parsed("--decimal", ",", "--missing", '{budget: ["0", "-"]}'))
    assert formats.of("gross") == Format(decimal=",")
    assert formats.of("budget") == Format(decimal=",", missing=("0", "-"))
    several = formats_of(parsed("--missing", "{gross: ['x']}", "--data.missing", "{'3': ['y']}"))
    assert (several.of("gross").missing, several.of("3").missing) == (("x",), ("y",))
    assert formats_of(parsed("--missing", "N/A")).of("gross") == Format(missing=("N/A",))
    assert formats_of(parsed("--missing", "{budget: 0}")).of("budget") == Format(missing=("0",))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--missing", "true"], r"--missing must be such as .*, got true"),
        (["--missing", "["], r"--missing must be such as .*, got \["),
        (["--day_first", "1"], "--day_first must be such as true, got 1"),
        (["--decimal", "{gross: 3}"], r"--decimal must be such as .*, got \{gross: 3\}"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_an_example(words, message):
    with pytest.raises(InputError, match=message):
        formats_of(parsed(*words))


def test_an_unknown_option_is_named_with_the_nearest():
    with pytest.raises(InputError, match="no option '--dayfirst', did you mean '--day_first'"):
        parsed("--dayfirst", "true")


@pytest.mark.parametrize(
    ("table", "name"),
    [("data/Top 250 (2024).csv.gz", "top_250_2024"), ("größe.xlsx", "größe"), ("...", "films"), ("a.b.csv", "a")],
)
def test_a_study_is_called_as_its_table(table, name):
    assert study_name(table) == name
