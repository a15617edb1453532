import pytest
import yaml

from greenlight_films.commands.parser.by_column import together, with_options_together
from greenlight_films.datamodules.errors import InputError


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        (["{a: ['x']}", "{'3': ['y']}"], {"a": ["x"], "3": ["y"]}),
        (["{a: ['x']}", "{a: ['y'], b: z}"], {"a": ["x", "y"], "b": "z"}),
        (["['x']", "['y']"], ["x", "y"]),
        (["N/A"], "N/A"),
        (["{a: true}", "{a: false}"], {"a": False}),
        ([".", ","], ","),
        (["["], "["),
    ],
)
def test_options_of_one_name_add_up(texts, value):
    assert together("--missing", texts) == value


def test_of_all_columns_and_by_column_are_not_mixed():
    with pytest.raises(InputError, match=r"--missing must be of all columns or by column, got 0 and {a: 1}; give one"):
        together("--missing", ["0", "{a: 1}"])


def test_several_options_become_one_and_all_other_words_stay():
    words = ["--run", "r", "--data.missing", "{a: ['0', 'é']}", "--name=n", "--data.missing={b: [no]}", "--x"]
    *before, value, name, last = with_options_together(words)
    assert (before, name, last) == (["--run", "r", "--data.missing"], "--name=n", "--x")
    assert yaml.safe_load(value) == {"a": ["0", "é"], "b": [False]}
    assert yaml.safe_load(with_options_together(["--data.decimal", ".", "--data.decimal", ","])[1]) == ","


@pytest.mark.parametrize("words", [["--data.missing", "--data.missing"], ["--data.missing=x", "--data.decimal", ","]])
def test_a_single_option_and_its_value_stay_as_they_are(words):
    assert with_options_together(words) == words
