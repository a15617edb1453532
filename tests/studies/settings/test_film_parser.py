"""The parser's own parts: option names, null, YAML, and errors of classes."""

from enum import Enum

import pytest
import yaml
from jsonargparse import Namespace
from lightning.pytorch.cli import LightningArgumentParser

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.settings.film_parser import (
    FilmArgumentParser,
    config_errors,
    dump_yaml,
    refuse_null,
    refuse_unknown_empty,
)


@pytest.fixture
def parser() -> LightningArgumentParser:
    parser = FilmArgumentParser(allow_abbrev=False)
    parser.add_argument("--name", type=str, default="films")
    parser.add_argument("--data.batch_size", type=int | None, default=None)
    parser.add_argument("--trainer.max_epochs", type=int | None, default=5)
    return parser


def test_errors_are_raised_and_no_usage_is_printed(parser, capsys):
    with pytest.raises(InputError, match=r"^no option '--nam', did you mean '--name'\?$"):
        parser.parse_args(["--nam", "x"])
    assert capsys.readouterr() == ("", "")


def test_null_is_refused_where_a_key_has_another_default(parser):
    refuse_null(Namespace({"name": "x", "data.batch_size": None, "trainer.max_epochs": None}), parser)
    with pytest.raises(InputError, match="name must have a value, got null; leave it out for films"):
        refuse_null(Namespace(name=None), parser)


def test_an_unknown_key_with_nothing_in_it_is_refused(parser):
    refuse_unknown_empty({"name": {}, "data": {"batch_size": {}}, "other": 3}, parser)
    with pytest.raises(InputError, match=r"^no key 'nam' in a config, did you mean 'name'\?$"):
        refuse_unknown_empty({"nam": {}}, parser)
    with pytest.raises(InputError, match=r"^no key 'data.batchsize' in a config, did you mean 'data.batch_size'\?$"):
        refuse_unknown_empty({"data": {"batchsize": {}}}, parser)


def test_a_config_is_written_in_its_order_with_any_script_and_enums_by_value():
    class Mode(Enum):
        LOW = "min"

    config = {"b": Mode.LOW, "a": ["балл", None]}
    text = dump_yaml(config)
    assert "балл" in text
    assert list(yaml.safe_load(text).items()) == [("b", "min"), ("a", ["балл", None])]


@pytest.mark.parametrize(
    "problem", [KeyError("x"), TypeError("no\nsuch"), ZeroDivisionError("by 0"), yaml.YAMLError("?")]
)
def test_what_classes_raise_over_values_is_one_message(problem):
    message = rf"^the config can't be used: {type(problem).__name__}: .*`--help-all` says"
    with pytest.raises(InputError, match=message), config_errors():
        raise problem


@pytest.mark.parametrize("problem", [InputError("a refusal"), AssertionError("a fault")])
def test_refusals_and_faults_pass(problem):
    with pytest.raises(type(problem), match=str(problem)), config_errors():
        raise problem
