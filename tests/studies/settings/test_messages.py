"""Messages of the real parser, reworded: the parser makes them, so that a new version of it is noticed."""

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.settings.film_cli import FilmCLI
from greenlight_films.studies.settings.messages import KINDS, reword


@pytest.fixture
def message_of(tmp_path, study_config):
    """Return what parses a good config and then words, or another config's text, and returns the message."""

    def say(*words: str, config: str | None = None) -> str:
        options = ["--config", str(study_config), *words]
        if config is not None:
            (tmp_path / "more.yaml").write_text(config, encoding="utf-8")
            options += ["--config", str(tmp_path / "more.yaml")]
        with pytest.raises(InputError) as problem:
            FilmCLI(options)
        return str(problem.value)

    return say


TARGET = "data: {{target: {{class_path: {}, init_args: {{{}}}}}}}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data.tabel", "x.csv"], "no option '--data.tabel', did you mean '--data.table'?"),
        (["--nothing_like_it", "1"], "no option '--nothing_like_it'"),
        (["--model.loss", "mes"], "model.loss: must be one of mse, mae, huber, got mes"),
        (["--model.dropout", "half"], "model.dropout: must be a number, got half"),
        (["--data.batch_size", "2.5"], "data.batch_size: must be a whole number, got 2.5"),
        (["--data.allow_leak", "perhaps"], "data.allow_leak: must be a list or true or false, got perhaps"),
        (["--seed_everything", "x"], "seed_everything: must be true or false or a whole number, got x"),
        (["--model.hidden", "16"], "model.hidden: must be a list, got 16"),
        (
            ["--config", "{search: {trials: 3}}"],
            "`search` is for `tune` alone: give it this config, or take `search` out",
        ),
    ],
)
def test_an_option_is_named_by_requirement_value_and_nearest(message_of, words, message):
    assert message_of(*words) == message


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("model: {hiden: [8]}", "no key 'model.hiden' in a config, did you mean 'model.hidden'?"),
        ("nmae: x", "no key 'nmae' in a config, did you mean 'name'?"),
        ("nothing_like_it: 1", "no key 'nothing_like_it' in a config"),
        (TARGET.format("Target", "colum: rating"), "data.target: no argument 'colum', did you mean 'column'?"),
        (
            TARGET.format("Target", "column: rating, transform: log"),
            "data.target: transform: must be one of none, log1p, got log",
        ),
    ],
)
def test_a_key_of_a_config_is_named_by_its_name(message_of, config, message):
    assert message_of(config=config) == message


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Profitratio", ", did you mean 'ProfitRatio'?"),
        ("Zzz", "; write such as {class_path: Target, init_args: {column: NAME}}."),
    ],
)
def test_an_unknown_class_is_refused_with_the_nearest_and_all_there_are(message_of, name, nearest):
    message = message_of(config=TARGET.format(name, "budget: a"))
    assert message.startswith(f"data.target: no class '{name}'{nearest} There are: ")
    assert message.endswith("There are: Target, ProfitRatio")


DECLARED = "{class_path: %s, init_args: {%s}}."


@pytest.mark.parametrize(
    ("key", "value", "name", "remedy", "classes"),
    [
        ("features", "[runtime]", "runtime", DECLARED % ("Number", "column: NAME"), "Bins"),
        ("features", "[[1]]", "[1]", DECLARED % ("Number", "column: NAME"), "Bins"),
        ("target", "votes", "votes", DECLARED % ("Target", "column: NAME"), "Target"),
        ("target", "[1]", "[1]", DECLARED % ("Target", "column: NAME"), "Target"),
        ("split", "3", "3", DECLARED % ("RandomSplit", "val: 0.1, test: 0.2"), "RandomSplit"),
    ],
)
def test_what_is_no_class_is_refused_with_how_it_is_written(message_of, key, value, name, remedy, classes):
    message = f"data.{key}: no class '{name}'; write such as {remedy} There are: {classes}, "
    assert message_of(f"--data.{key}", value).startswith(message)


def test_a_class_that_is_nearly_named_is_proposed_among_those_of_its_key(message_of):
    message = "data.split: no class 'Random', did you mean 'RandomSplit'? There are: RandomSplit, GroupSplit, "
    assert message_of("--data.split", "Random").startswith(message)


def test_a_name_in_the_place_of_a_list_is_refused(message_of):
    assert message_of("--data.features", "runtime") == "data.features: must be a list, got runtime"


def test_a_missing_file_is_named_by_its_option(message_of):
    message = message_of("--config", "nowhere/none.yaml")
    assert message.startswith("--config: no file ")
    assert "nowhere/none.yaml" in message
    assert "did you mean" not in message
    assert message_of("--config", "ratngs").endswith("/ratngs', did you mean 'ratings'?")


@pytest.mark.parametrize(
    ("config", "fragments"),
    [
        ("data: {features: [{class_path: Number}]}", ["data.features", "column"]),
        ("data: {target: {class_path: ProfitRatio}}", ["data.target", "budget", "revenue"]),
        ("data: {split: {class_path: GroupSplit}}", ["data.split", "by"]),
    ],
)
def test_what_a_class_lacks_is_named(message_of, config, fragments):
    message = message_of(config=config)
    for fragment in fragments:
        assert fragment in message
    assert "Parser key" not in message
    assert "configs/ratings.yaml" not in message  # a config is what it has


def test_what_is_needed_and_not_given_is_named_as_options():
    with pytest.raises(InputError) as problem:
        FilmCLI([])
    assert str(problem.value) == (
        "needed and not given, or left empty: --data.table, --data.features, --data.target; "
        "a config has them: --config configs/ratings.yaml"
    )


@pytest.mark.parametrize("words", [["--trainer.precision", "warp"], ["--trainer.callbacks", "no.such.Callback"]])
def test_the_parsers_own_terms_do_not_show(message_of, words):
    message = message_of(*words)
    assert words[0].removeprefix("--") in message
    assert words[1] in message
    for term in ("Subtypes", "<class", "NoneType", "typing."):
        assert term not in message


@pytest.mark.parametrize(
    ("message", "reworded"),
    [
        ("the moon is full", "the moon is full"),
        ('Parser key "model.hidden": the moon is full', "model.hidden: the moon is full"),
        (
            'Parser key "data.target": Parser key "shift": Expected a <class \'float\'>. Got value: x',
            "data.target.shift: must be a number, got x",
        ),
        (
            'Spaces not allowed in keys: "model.a, model.b".',
            "no key 'model.a, model.b' in a config: none has a blank in it, and search.space is for `tune` alone",
        ),
        *((f"Expected a {kind}. Got value: x", f"must be {word}, got x") for kind, word in KINDS.items()),
    ],
)
def test_messages_of_the_parser_are_reworded(message, reworded):
    assert reword(message, ["model.a"]) == reworded
