"""The reference of the site: every command, every key of a config, everything that a notebook imports."""

import re

import pytest
import yaml

import greenlight_films as gl
from docs.make_reference import NAMES, commands, config, main, python, safe, sentence, signature
from greenlight_films.commands.parser.help import COMMANDS, OPTIONS
from greenlight_films.studies.settings.film_cli import KEPT, FilmCLI
from tests.docs.pages import ROOT


def test_every_command_and_its_usual_options_have_a_line():
    page = commands()
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == list(COMMANDS)
    for option in OPTIONS["study"]:
        assert f"`{option}`\n:   " in page


def test_every_key_of_a_config_has_a_line_with_its_default(study_config):
    written = yaml.safe_load(FilmCLI(["--config", str(study_config)]).yaml(KEPT))
    groups = {name: group for name, group in written.items() if isinstance(group, dict)}
    keys = [f"{name}.{key}" for name, group in groups.items() for key in group if key != "contributions"]
    keys += [*(name for name in written if name not in groups), "permutation_importance.contributions.films"]
    assert len(keys) > 100
    page = config()
    documented = re.findall(r"^`([\w.]+)`\n:", page, re.MULTILINE)
    assert set(documented) >= set(keys)
    assert {key.partition(".")[0] for key in set(documented) - set(keys)} == {"search", "audit"}
    assert re.search(r"`model.dropout`\n:   .*; by default `0.3`\.", page)
    assert re.search(r"`data.table`\n:   .*; required\.", page)


def test_everything_that_a_notebook_imports_has_its_arguments():
    assert sorted(name for names in NAMES.values() for name in names) == sorted(gl.__all__)
    page = python()
    for name in gl.__all__:
        assert f"### gl.{name}\n" in page
    assert "`min_films`\n:   A value in fewer training films is dropped" in page
    assert "#### `FilmRegressor.predict`\n\n```python\npredict(X, interval=None)\n```" in page


def test_a_signature_is_wrapped_where_it_is_long():
    assert signature("gl.Size", gl.Size) == "gl.Size(column, role=None)"
    assert signature("gl.Labels", gl.Labels).startswith("gl.Labels(\n    column,\n    separator=', ',\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("train only", "Train only."), ("runs/x is there", "runs/x is there."), ("", ""), ("Which?", "Which?")],
)
def test_a_meaning_is_a_sentence(text, expected):
    assert sentence(text) == expected


def test_what_markdown_takes_for_markup_is_escaped_outside_of_code():
    assert safe("runs/<name> and `<a*b>` or a*b") == r"runs/&lt;name> and `<a*b>` or a\*b"


def test_all_pages_that_the_site_shows_are_written(tmp_path):
    main(str(tmp_path / "pages"))
    nav = re.findall(r'= "([\w/]+\.md)"', (ROOT / "docs/zensical.toml").read_text(encoding="utf-8"))
    written = {path.relative_to(tmp_path / "pages").as_posix() for path in (tmp_path / "pages").rglob("*.md")}
    assert set(nav) == written
    assert len(nav) == len(written)
