import pytest
import yaml

from tests.fuzz.broken_configs import try_configs
from tests.fuzz.contract import in_a_child


@pytest.mark.slow
@pytest.mark.parametrize(("number", "words"), [(150, ["fit", "baselines"]), (30, ["tune"]), (20, ["audit"])])
def test_any_config_is_refused_in_one_message_or_worked_with(fuzz_config, tmp_path, number, words):
    in_a_child(try_configs, number, fuzz_config, tmp_path, words)


BROKEN = {
    "no text": ("name: x\nruns: \udcff\n", "2: not utf-8 text; save it as UTF-8\n"),
    "key twice": ("name: x\nname: y\n", "2, column 1: the key 'name' stands there a second time; leave one of them"),
    "open": ("name: [\n", "2, column 1: not YAML: while parsing a flow node; expected the node content, but found "),
    "tab": ("a: 1\n\tb: 2\n", "2, column 1: not YAML: while scanning for the next token; found character '\\t'"),
    "documents": ("name: x\n---\nname: y\n", "2, column 1: not YAML: expected a single document in the stream; but"),
    "list": ("- name: x\n", "1, column 1: a config must be keys such as `name: ratings`; see configs/ratings.yaml"),
    "key": ("[a, b]: x\n", "1, column 1: a key must be a name, got a list or a mapping; a text with brackets"),
    "alias": ("name: &x {y: *x}\n", "1, column 14: the alias *x stands within itself; write out what it means"),
    "escape": ("name: \x1b[2J\n", "1: not YAML: the character U+001B; remove it"),
    "NUL": ('runs: "a\\0b"\n', "1, column 7: a text must do without the character U+0000; remove it"),
    "surrogate": ('name: ["\\ud800"]\n', "1, column 8: a text must do without the character U+D800; remove it"),
    "such a key": ('"\\ud800": x\n', "1, column 1: a text must do without the character U+D800; remove it"),
    "base 60": ("seed_everything: " + "1:" * 2999 + "1\n", "1, column 18: a whole number must have 30 characters or"),
    "in quotes": ('model: {members: "0x' + "f" * 29 + '"}', "1, column 18: a whole number must have 30 characters or"),
    "deep": ("a: " + "[" * 50 + "]" * 50, "1, column 43: a config must be nested 40 levels deep or less"),
    "bomb": (
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcd", "bcde", strict=True)),
        "5, column 36: a config must have 100,000 values or fewer, aliases written out; shorten it",
    ),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_config_is_refused_with_line_column_and_remedy(command, tmp_path, text, message):
    path = tmp_path / "study.yaml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    answer = command("fit", "--config", path, "--runs", tmp_path / "runs")
    assert answer.code == 2
    assert answer.err.startswith(f"error: --config {path}, line {message}")
    assert not (tmp_path / "runs").exists()


PARTS = {
    "twice": ("hidden: [8]\nhidden: [16]\n", "line 2, column 1: the key 'hidden' stands there a second time"),
    "deep": ("hidden: " + "[" * 3000 + "]" * 3000, "line 1, column 48: a config must be nested 40 levels deep or less"),
    "a list": ("[8, 8, 0x" + "f" * 30 + "]", "line 1, column 8: a whole number must have 30 characters or fewer"),
    "open": ("hidden: [", "line 1, column 10: not YAML: while parsing a flow node"),
}


@pytest.mark.parametrize(
    ("part", "position", "name"),
    [
        *((part, "key", "part.yaml") for part in PARTS),
        *(
            ("twice", "key of a key", "part.yml"),
            ("deep", "list", "part.json"),
            ("a list", "part of a part", "part.yml"),
        ),
        *(("open", "option", "part.yaml"), ("twice", "option=", "part.json"), ("deep", "config", "part.yaml")),
    ],
)
def test_a_broken_part_of_a_config_is_refused_with_its_file_line_and_column(command, tmp_path, position, part, name):
    text, message = PARTS[part]
    (tmp_path / "parts").mkdir()
    path = tmp_path / "parts" / name
    path.write_text(text, encoding="utf-8")
    within = {
        "key": f"model: parts/{name}",
        "key of a key": f"model: {{hidden: parts/{name}}}",
        "list": f"data: {{features: [{path}]}}",
        "part of a part": "model: parts/whole.yaml",
    }
    (tmp_path / "study.yaml").write_text(within.get(position, "name: x"), encoding="utf-8")
    (tmp_path / "parts" / "whole.yaml").write_text(f"whole.yaml: [whole.yaml, {name}]", encoding="utf-8")
    words = {"option": ["--model", path], "option=": [f"--model={path}"], "config": ["--config", f"model: {path}"]}
    answer = command("fit", "--config", tmp_path / "study.yaml", *words.get(position, []), "--runs", tmp_path / "runs")
    assert answer.code == 2
    option = "--model" if position.startswith("option") else "--config"
    assert answer.err.startswith(f"error: {option} {path}, {message}")
    assert not (tmp_path / "runs").exists()


def test_a_config_in_parts_is_the_same_as_a_whole_one(command, fuzz_config, tmp_path):
    whole = yaml.safe_load(fuzz_config.read_text(encoding="utf-8"))
    (tmp_path / "features.yaml").write_text(yaml.safe_dump(whole["data"]["features"]), encoding="utf-8")
    (tmp_path / "data.yaml").write_text(yaml.safe_dump({**whole["data"], "features": "features.yaml"}))
    (tmp_path / "study.yaml").write_text(yaml.safe_dump({**whole, "data": "data.yaml"}), encoding="utf-8")
    answer = command("fit", "--config", tmp_path / "study.yaml", "--runs", tmp_path / "runs")
    assert answer.code == 0, answer.err


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed_everything": 2**32}, "seed_everything must be from 0 to 4294967295, got 4294967296"),
        ({"seed_everything": -1}, "seed_everything must be from 0 to 4294967295, got -1"),
        ({"trainer": 7.5}, "trainer must be names with what belongs to each, got 7.5"),
        ({"model": None}, "model must be names with what belongs to each, got None"),
        ({"name": None}, "name must have a value, got null; leave it out for films"),
        ({"model": {"loss": None}}, "model.loss must have a value, got null; leave it out for mse"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_its_key(command, fuzz_config, tmp_path, changes, message):
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(fuzz_config.read_text()), **changes}), encoding="utf-8")
    answer = command("fit", "--config", path, "--runs", tmp_path / "runs")
    assert (answer.code, answer.err) == (2, f"error: {message}\n")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("word", "option", "value", "message"),
    [
        *(("fit", option, "x" * 10_000, "File name too long") for option in ("--name", "--runs", "--data.table")),
        ("audit", "--data.target", "{class_path: " + "x" * 10_000 + "}", "error: data.target: "),
    ],
)
def test_what_has_10000_characters_is_cut_in_messages(command, fuzz_config, tmp_path, word, option, value, message):
    answer = command(word, "--config", fuzz_config, "--runs", tmp_path / "runs", option, value)
    assert answer.code == 2
    assert message in answer.err
    assert "x" * 60 + "..." in answer.err
    assert len(answer.err) < 2000


def test_a_callback_whose_defaults_are_no_text_is_written_into_the_runs_config(command, fuzz_config, tmp_path):
    timer = {"class_path": "lightning.pytorch.callbacks.Timer", "init_args": {"duration": "00:01:00:00"}}
    good = yaml.safe_load(fuzz_config.read_text())
    good["trainer"]["callbacks"] = [timer]
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(good), encoding="utf-8")
    answer = command("fit", "--config", tmp_path / "study.yaml", "--runs", tmp_path / "runs")
    assert answer.code == 0, answer.err
    run = tmp_path / "runs" / "fuzz" / "version_0"
    (written,) = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))["trainer"]["callbacks"]
    assert written["init_args"] == {**timer["init_args"], "interval": "step", "verbose": True}
    assert command("test", "--run", run).code == 0
