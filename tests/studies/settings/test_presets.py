"""Presets: which holds, what it fills and leaves, and that a config with it written out stays as it is."""

import pytest
import yaml

from greenlight_films.datamodules import (
    Bins,
    Category,
    Date,
    InputError,
    Labels,
    Number,
    Profile,
    RidgeByColumn,
    Size,
    Text,
    TrackRecord,
)
from greenlight_films.studies.settings import presets
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.settings.presets import GROUPS, SEEDS, stated_early, with_preset

FEATURES = [Number("year"), Labels("genre"), Labels("cast"), Labels("crew", role="director"), Category("country")]
YEARLY = {"data": {"split": {"class_path": "TimeSplit", "init_args": {"by": "year"}}}}


@pytest.fixture
def config(tmp_path):
    """Return what writes a config of a table that is not read, with these keys beside, and returns its path."""

    def write(name="config.yaml", **keys):
        features = [
            {"class_path": "Number", "init_args": {"column": "year"}},
            {"class_path": "Labels", "init_args": {"column": "genre"}},
            {"class_path": "Labels", "init_args": {"column": "cast", "min_films": 3}},
        ]
        target = {"class_path": "Target", "init_args": {"column": "rating"}}
        data = {"table": "films.csv", "target": target, "features": features, **keys.pop("data", {})}
        (tmp_path / name).write_text(yaml.safe_dump({"data": data, **keys}), encoding="utf-8")
        return str(tmp_path / name)

    return write


def keys_of(*words):
    return yaml.safe_load(read_settings(list(words)).config)


def preset_of(args):
    return presets.preset_of(stated_early(args))


def seeds_of(args):
    return presets.seeds_of(stated_early(args))


def kinds_of(keys):
    return [entry["class_path"].rpartition(".")[2] for entry in keys["data"]["features"]]


# Which preset holds


def test_the_option_holds_before_configs_and_the_last_config_before_others(config):
    seed, best, silent = config("a.yaml", preset="seed"), config("b.yaml", preset="best"), config("c.yaml")
    words = ["--config", seed, f"--config={best}", "--config", silent]
    assert preset_of(words) == "best"
    assert preset_of([*words, "--config", seed]) == "seed"
    assert preset_of(["--preset", "fast", *words]) == preset_of([*words, "--preset=fast"]) == "fast"
    assert preset_of(["--config", silent]) == preset_of({}) == "recipe"
    assert preset_of(["--config", "preset: best"]) == preset_of({"preset": "best"}) == "best"
    assert keys_of("--preset", "fast", *words)["preset"] == "fast"


def test_a_config_with_every_group_was_written_before_there_were_presets_where_it_names_none(config):
    groups = {group: {} for group in GROUPS}
    assert preset_of(groups) == "seed"
    assert preset_of({**groups, "preset": "best"}) == "best"
    assert preset_of(["--config", config(**{**groups, "data": {}}), "--preset", "best"]) == "best"


@pytest.mark.parametrize("value", [None, 3, "recpie", ["seed"]])
def test_what_is_no_preset_is_refused_with_the_nearest(config, value):
    with pytest.raises(InputError, match=r"^preset must be among seed, fast, recipe, best, got") as problem:
        read_settings(["--config", config(preset=value)])
    assert ("did you mean 'recipe'?" in str(problem.value)) == (value == "recpie")
    with pytest.raises(InputError, match="--preset must be among seed, fast, recipe, best, got 'bets'"):
        read_settings(["--config", config(), "--preset", "bets"])


@pytest.mark.parametrize("text", ["a: [", "\xff", "[1]"])
def test_a_config_that_the_parser_refuses_has_no_preset(tmp_path, text):
    (tmp_path / "config.yaml").write_text(text, encoding="latin-1")
    assert preset_of(["--config", str(tmp_path / "config.yaml"), "--config"]) == "recipe"


# Which seeds follow


def test_a_fast_study_measures_no_pairs_and_splits_up_fewer_predictions(config):
    fast, recipe = (keys_of("--config", config(), "--preset", name) for name in ("fast", "recipe"))
    settings = [keys["permutation_importance"] for keys in (fast, recipe)]
    assert [(each["pairs"], each["contributions"]["films"]) for each in settings] == [(False, 100), (True, 500)]


def test_seeds_follow_the_last_seed_of_all_and_what_is_stated_stays(config):
    words = ["--seed_everything", "3", "--config", config("a.yaml", seed_everything=4), "--config", config("b.yaml")]
    assert seeds_of(words) == seeds_of({"seed_everything": 4}) == dict.fromkeys(SEEDS, 4)
    assert seeds_of([*words, "--seed_everything=5"]) == dict.fromkeys(SEEDS, 5)
    assert seeds_of(["--seed_everything", "0x10"]) == seeds_of([f"-c{config(seed_everything=16)}"])
    keys = keys_of("--config", config("c.yaml", seed_everything=6, data={"seed": 7}), "--model.seed", "8")
    assert [keys[group]["seed"] for group in ("model", "data", "permutation_importance")] == [8, 7, 6]
    assert keys["data"]["split"]["init_args"]["seed"] == 42


@pytest.mark.parametrize("value", [True, None, -1, 2**32, "x", "[", [1]])
def test_no_seed_follows_what_is_none(config, value):
    assert seeds_of(["--config", config(seed_everything=value)]) == {}


# What it fills


def test_a_preset_is_what_a_config_and_the_options_leave_unsaid(config):
    path = config(model={"hidden": [8]}, trainer={"max_epochs": 7})
    keys = keys_of("--config", path, "--model.dropout", "0.1")
    model = {name: keys["model"][name] for name in ("hidden", "dropout", "label_dropout", "heads", "activation")}
    assert model == {"hidden": [8], "dropout": 0.1, "label_dropout": 0.2, "heads": 4, "activation": "silu"}
    assert (keys["model"]["optimiser"], keys["model"]["schedule"], keys["model"]["members"]) == ("auto", "cosine", 1)
    assert (keys["trainer"]["max_epochs"], keys["early_stopping"]["patience"]) == (7, 10)
    assert keys["data"]["batch_size"] is None
    assert keys_of("--config", path, "--preset", "best")["model"]["members"] == 3


def test_the_seed_is_the_plain_network_of_features_as_they_are_declared(config):
    keys = keys_of("--config", config(preset="seed"))
    assert keys["model"] == {
        **{"hidden": [128, 64], "dropout": 0.0, "label_dropout": 0.0, "loss": "mse", "optimiser": "auto"},
        **{"learning_rate": 1e-3, "schedule": "none", "first_weight_decay": 0.0, "tail_weight_decay": 0.0},
        **{"seed": 42, "members": 1, "heads": 1, "activation": "relu", "label_decay": 0.0},
        "shard_first": False,
    }
    assert (keys["trainer"]["max_epochs"], keys["early_stopping"]["patience"]) == (100, 3)
    assert keys["data"]["batch_size"] == 256
    assert kinds_of(keys) == ["Number", "Labels", "Labels"]
    assert [entry["init_args"].get("min_films") for entry in keys["data"]["features"]] == [None, None, 3]


@pytest.mark.slow
@pytest.mark.parametrize("more", [{}, YEARLY], ids=["at random", "by time"])
@pytest.mark.parametrize("preset", ["seed", "fast", "recipe", "best"])
def test_a_written_config_comes_back_as_it_was(config, tmp_path, preset, more):
    first = read_settings(["--config", config(**more), "--preset", preset]).config
    (tmp_path / "written.yaml").write_text(first, encoding="utf-8")
    assert read_settings(["--config", str(tmp_path / "written.yaml")]).config == first
    assert read_settings(yaml.safe_load(first)).config == first


def test_features_of_a_config_are_those_of_objects(config):
    declared = read_settings(["--config", config()]).data.declared
    objects = with_preset("recipe", [Number("year"), Labels("genre"), Labels("cast", min_films=3)], None)
    assert list(declared.features) == objects


# Features


def test_each_column_of_labels_has_its_inputs_once_and_what_was_left_open_is_stated():
    assert with_preset("recipe", FEATURES, None) == [
        Number("year", scale="standard", encoding="piecewise"),
        Labels("genre", weight="sqrt", min_films=20),
        Labels("cast", weight="sqrt", min_films=20),
        Labels("crew", weight="sqrt", min_films=20, role="director"),
        Category("country", min_films=20),
        *(kind("genre") for kind in (RidgeByColumn, Size, TrackRecord)),
        *(kind("cast") for kind in (RidgeByColumn, Size, TrackRecord)),
        *(kind("crew", role="director") for kind in (RidgeByColumn, Size, TrackRecord)),
        *(kind("country") for kind in (RidgeByColumn, TrackRecord)),
        Profile("crew", ["year", "genre", "country"], role="director"),
        Profile("cast", ["year", "genre", "country"]),
    ]
    assert with_preset("seed", FEATURES, None) == FEATURES


def test_what_is_declared_stays():
    stated = [
        Number("year", scale="quantile", encoding="periodic"),
        Labels("genre", weight="one", min_films=1),
        TrackRecord("genre", min_labels=5),
        Profile("genre", ["year"]),
    ]
    assert with_preset("best", stated, None) == [*stated, RidgeByColumn("genre"), Size("genre")]


def test_a_record_of_another_column_comes_beside_that_of_the_target():
    stated = [Labels("cast", weight="sqrt", min_films=20), TrackRecord("cast", of="gross")]
    added = [kind("cast") for kind in (RidgeByColumn, Size, TrackRecord)]
    assert with_preset("recipe", stated, None) == [*stated, *added]


def test_words_have_a_ridge_regression_alone_and_no_records_or_sizes(config):
    entries = [{"class_path": "Text", "init_args": {"column": "plot"}}]
    assert kinds_of(keys_of("--config", config(data={"features": entries}))) == ["Text", "RidgeByColumn"]
    assert with_preset("recipe", [Text("plot"), Number("budget", scale="standard")], None) == [
        Text("plot"),
        Number("budget", scale="standard", encoding="piecewise"),
        RidgeByColumn("plot"),
    ]


def test_records_are_of_earlier_films_and_there_are_no_profiles_under_a_time_split():
    features = with_preset("recipe", FEATURES, "year")
    assert {each.before for each in features if isinstance(each, TrackRecord)} == {"year"}
    assert not [each for each in features if isinstance(each, Profile)]


@pytest.mark.parametrize(
    ("features", "profiles"),
    [
        ([Labels("Directors"), Date("released")], {"Directors": ["released"]}),
        ([Labels("Starring"), Category("Genres"), Number("Runtime")], {"Starring": ["Genres"]}),
        ([Labels("crew", role="actor"), Labels("cast"), Number("Year")], {"crew": ["Year"]}),
        ([Labels("employee"), Labels("country"), Bins("year", edges=[0, 1])], {"employee": ["country"]}),
        ([Labels("cast"), Labels("director"), Number("budget")], {}),
        ([Labels("writer"), Number("year")], {}),
    ],
)
def test_profiles_are_of_a_director_and_a_cast_by_role_or_else_by_name(features, profiles):
    made = [each for each in with_preset("recipe", features, None) if isinstance(each, Profile)]
    assert {each.column: each.of for each in made} == profiles


def test_without_labels_numbers_alone_change_and_are_waves():
    features = [Number("year"), Number("budget"), Date("released"), Bins("year", edges=[0, 1])]
    assert with_preset("recipe", features, None) == [
        Number("year", scale="standard", encoding="periodic"),
        Number("budget", scale="by_skewness", encoding="periodic"),
        Date("released", encoding="periodic"),
        Bins("year", edges=[0, 1]),
    ]
