"""What of a config is refused before it is parsed, with its line and column."""

import re

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.settings.config_file import CONFIGS, DEEPEST, check_config, check_value, named_config

NINES = "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcde", "bcdef", strict=True)
)  # each list has the one before nine times
REFUSED = [
    ("- name\n", "line 1, column 1: a config must be keys such as `name: ratings`; see configs/ratings.yaml"),
    ("name: x\nmodel: [1\n", "line 3, column 1: not YAML: while parsing a flow sequence; expected"),
    ("model: {seed: 1, seed: 2}", "line 1, column 18: the key 'seed' stands there a second time; leave"),
    ("[a, b]: 1", "line 1, column 1: a key must be a name, got a list or a mapping"),
    ("a: " + "[" * (DEEPEST + 1), "a config must be nested 40 levels deep or less; no key needs more"),
    ("a: [" + "1, " * 100_001 + "]", "a config must have 100,000 values or fewer, aliases written out"),
    ("a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + NINES, "a config must have 100,000 values or fewer, aliases written out"),
    ("a: &a [*a]", "line 1, column 8: the alias *a stands within itself; write out what it means"),
    (f"seed: {'9' * 31}", "line 1, column 7: a whole number must have 30 characters or fewer, got 31"),
    (f"seed: '{'9' * 31}'", "a whole number must have 30 characters or fewer, got 31"),
    ('name: "\\ud800"', "line 1, column 7: a text must do without the character U+D800; remove it"),
    ("a: [{class_path: Number, column: year}]", "line 1, column 26: 'column' must stand within init_args; write {cla"),
    (
        "data:\n  features:\n    - {class_path: A}\n    -\n",
        "line 4, column 6: a feature must be a class with its column",
    ),
    ("data: {features: [null]}", "line 1, column 19: a feature must be a class with its column, got nothing; remove"),
    ("name: x\n\x07", "line 2: not YAML: the character U+0007; remove it"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_the_parser_cannot_read_is_refused_with_file_and_position(tmp_path, text, message):
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=rf"^--config {re.escape(str(path))}, line \d+.*") as problem:
        check_config(path, "--config")
    assert message in str(problem.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name: a\n",
        "a: &a [1]\nb: *a\nc: {<<: {x: 1}, <<: {y: 2}}\n",
        "features: [{class_path: A, init_args: {}}]\na: [null]",
        '{"name": "a"}',
    ],
)
def test_configs_are_passed(tmp_path, text):
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    check_config(tmp_path / "study.yaml", "--config")


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path):
    (tmp_path / "study.yaml").write_bytes(b"name: x\nunit: \xff\n")
    with pytest.raises(InputError, match=r"study\.yaml, line 2: not utf-8 text; save it as UTF-8"):
        check_config(tmp_path / "study.yaml", "--config")


def test_files_that_a_config_names_are_checked_too_and_may_be_lists_or_circles(tmp_path):
    (tmp_path / "study.yaml").write_text("data: {features: parts/features.yaml}\n")
    (tmp_path / "parts").mkdir()
    part = tmp_path / "parts" / "features.yaml"
    part.write_text("- a\n- ../study.yaml\n- features.yaml\n")
    check_config(tmp_path / "study.yaml", "--config")
    part.write_text("- {a: 1, a: 2}\n")
    with pytest.raises(InputError, match=r"features\.yaml, line 1, column 10: the key 'a' stands there a second time"):
        check_config(tmp_path / "study.yaml", "--config")


@pytest.mark.parametrize("text", ["x", "[a, b", "a: b: c", "{a: 1}", "", "[1, 2]", "nowhere.yaml"])
def test_values_of_the_command_line_are_passed(text):
    check_value(text, "--model.hidden")


def test_a_value_or_the_file_that_it_names_is_refused_likewise(tmp_path):
    with pytest.raises(InputError, match=r"^--model\.hidden, line 1, column 8: the key 'a' stands there a second"):
        check_value("{a: 1, a: 2}", "--model.hidden")
    (tmp_path / "value.json").write_text('{"a": 1, "a": 2}')
    with pytest.raises(InputError, match=r"value\.json, line 1, column 10: the key 'a' stands there a second time"):
        check_value(str(tmp_path / "value.json"), "--model.hidden")


def test_a_config_is_named_as_a_file_or_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert named_config("ratings") == str(CONFIGS / "ratings.yaml")
    assert named_config("nosuch") == "nosuch"
    assert named_config("../ratings") == "../ratings"
    (tmp_path / "ratings").touch()
    assert named_config("ratings") == "ratings"
