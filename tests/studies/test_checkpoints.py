"""Checkpoints as they are read: whole, unchanged, of this network and these films, and never run."""

import shutil
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
import torch

from greenlight_films.datamodules.errors import InputError
from greenlight_films.lightning_modules.callbacks.checkpoints import DIGEST
from greenlight_films.lightning_modules.callbacks.early_stopping import Patience
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.studies import checkpoints
from greenlight_films.studies.checkpoints import Checkpoint, checkpoint_to_resume, is_damaged, restoring, same
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.training import Training
from tests.conftest import UNLOGGED


@pytest.fixture
def last(study, tmp_path) -> Path:
    """Return a copy of the study's last checkpoint."""
    return Path(shutil.copy(study.path / "checkpoints" / "last.ckpt", tmp_path))


def rewritten(path: Path, **entries) -> Path:
    """Write a checkpoint with other entries, None for without, and no digest of them, as another program would."""
    content = {**torch.load(path, weights_only=True), DIGEST: None, **entries}
    torch.save({name: value for name, value in content.items() if value is not None}, path)
    return path


def test_a_checkpoint_is_read_as_builtins_and_tensors(last, study):
    checkpoint = Checkpoint.read(last)
    assert checkpoint.path == last
    assert checkpoint.entries["epoch"] == 3
    assert not is_damaged(last)


def test_a_file_with_other_bytes_is_damaged(last):
    content, packed = last.read_bytes(), BytesIO()
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 1
    with zipfile.ZipFile(last) as parts, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name in parts.namelist():
            file.writestr(name, parts.read(name))
    for changed in (content[:2000], bytes(flipped), packed.getvalue()):  # what is packed may unpack to any size
        last.write_bytes(changed)
        assert is_damaged(last)
        with pytest.raises(InputError, match=r"last\.ckpt is damaged: its bytes are not those that were written"):
            Checkpoint.read(last)


def test_entries_that_were_changed_are_refused(last):
    content = torch.load(last, weights_only=True)
    torch.save({**content, "epoch": content["epoch"] + 1}, last)
    with pytest.raises(InputError, match=r"last\.ckpt is not a checkpoint .*: its entries were changed since"):
        Checkpoint.read(last)
    assert Checkpoint.read(rewritten(last, epoch=2)).entries["epoch"] == 2  # older checkpoints have no digest


@pytest.mark.parametrize("missing", ["FilmDataModule", "hyper_parameters", "state_dict"])
def test_another_projects_checkpoint_is_refused(last, missing):
    with pytest.raises(InputError, match=r"last\.ckpt is not a checkpoint of Greenlight; train one with `fit` or"):
        Checkpoint.read(rewritten(last, **{missing: None}))


@pytest.fixture
def read(study_config):
    return lambda *words: read_settings(["--config", str(study_config), *words])


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["--model.hidden", "[8,4]"], [r"last\.ckpt has model\.hidden \[16\], the config says \[8, 4\]: use the same"]),
        (["--model.members", "3"], [r"last\.ckpt has model\.members 1, the config says 3: use the same"]),
        (
            ["--model.hidden", "[9]", "--model.members", "2"],
            [r"last\.ckpt has model\.hidden \[16\], the config says \[9\]", r"model\.members 1, the config says 2"],
        ),
        (["--data.split.seed", "9"], [r"data\.split"]),
    ],
)
def test_another_network_or_other_data_are_refused_with_all_that_differs(last, read, words, lines):
    settings = read(*words)
    with pytest.raises(InputError, match=r"[^\n]*\n[^\n]*".join(lines)):
        Checkpoint.read(last).restore_data(settings.data, settings.model)


def test_weights_of_another_shape_are_refused(last):
    checkpoint = Checkpoint.read(last)
    checkpoint.entries["state_dict"]["network.first.bias"] = torch.zeros(3)
    with pytest.raises(InputError, match=r"its entries were changed: RuntimeError: Error.* size mismatch"):
        checkpoint.restore_weights(MLPRegressor(hidden=[16]))


@pytest.mark.parametrize(
    ("max_epochs", "waited", "patience", "message"),
    [
        (4, 0, 50, "4 epochs are trained: --trainer.max_epochs must be more to go on, got 4"),
        (5, 0, 50, ""),
        (-1, 0, 50, ""),
        (None, 0, 50, ""),
        (9, 3, 3, r"training has ended early (patience exhausted): a longer --early_stopping.patience goes on"),
        (9, 3, 4, ""),
    ],
)
def test_why_nothing_is_left_to_train(last, max_epochs, waited, patience, message):
    stop, checkpoint = Patience("val/loss", patience=patience), Checkpoint.read(last)
    state = checkpoint.entries["callbacks"][stop.state_key]
    if waited:
        state |= {"wait_count": waited, "stopped_epoch": 3, "stopping_reason": 3, "patience": waited}
    assert checkpoint.why_finished(Training({"max_epochs": max_epochs}, stop)) == message


def test_a_run_is_resumed_from_its_last_checkpoint(copied, last):
    checkpoint = checkpoint_to_resume(RunFolder(copied.path), None)
    assert checkpoint is not None
    assert checkpoint.path == copied.path / "checkpoints" / "last.ckpt"
    assert checkpoint_to_resume(None, last).path == last
    assert checkpoint_to_resume(None, None) is None


def test_a_damaged_best_checkpoint_is_refused_before_training(copied):
    best = copied.path / "checkpoints" / "best.ckpt"
    best.write_bytes(best.read_bytes()[:3000])
    with pytest.raises(InputError, match=r"best\.ckpt is damaged"):
        checkpoint_to_resume(RunFolder(copied.path), None)


def test_a_run_whose_last_checkpoint_is_gone_is_refused_and_one_without_any_begins_anew(copied):
    folder = copied.path / "checkpoints"
    (folder / "last.ckpt").unlink()
    with pytest.raises(InputError, match=r"last\.ckpt does not exist"):  # for it has scores
        checkpoint_to_resume(RunFolder(copied.path), None)
    RunFolder(copied.path).write_json("metrics.json", {**copied.metrics, "models": {}})
    with pytest.raises(InputError, match=r"last\.ckpt is gone, and best\.ckpt is of epoch \d: bring back a copy"):
        checkpoint_to_resume(RunFolder(copied.path), None)
    (folder / "best.ckpt").unlink()
    assert checkpoint_to_resume(RunFolder(copied.path), None) is None


@pytest.mark.parametrize(
    ("problem", "kind", "message"),
    [
        (KeyError("loops"), InputError, r"^x\.ckpt is not a checkpoint .*: KeyError: 'loops'; bring back a copy"),
        (InputError("a refusal"), InputError, "^a refusal$"),
        (OSError("a disk"), OSError, "^a disk$"),
    ],
)
def test_whatever_reading_raises_is_one_message_with_the_file(problem, kind, message):
    with pytest.raises(kind, match=message), restoring("x.ckpt"):
        raise problem


@pytest.fixture
def small_is_large(monkeypatch):
    monkeypatch.setattr(checkpoints, "LARGE", 1)


def test_the_best_checkpoint_has_no_state_of_the_optimiser_and_cant_be_trained_on(study):
    best, last = (Checkpoint.read(study.path / "checkpoints" / f"{name}.ckpt") for name in ("best", "last"))
    assert {"optimizer_states", "lr_schedulers", "callbacks"} <= set(last.entries)
    assert set(last.entries) - set(best.entries) == {"optimizer_states", "lr_schedulers", "callbacks"}
    assert best.path.stat().st_size < last.path.stat().st_size / 2
    with pytest.raises(InputError, match=r"best\.ckpt has no state of an optimiser: to train on, give last\.ckpt"):
        checkpoint_to_resume(None, best.path)


def test_large_weights_of_the_last_epoch_stand_in_the_best_checkpoint_alone(copied, small_is_large):
    folder = copied.path / "checkpoints"
    best, last = (Checkpoint.read(folder / f"{name}.ckpt") for name in ("best", "last"))
    assert best.entries["global_step"] == last.entries["global_step"]  # the last epoch is the best
    Checkpoint(best.path, {**best.entries, "global_step": 3}).share_weights(last.path)
    assert "state_dict" in torch.load(last.path, weights_only=True)  # of another epoch
    size = last.path.stat().st_size
    best.share_weights(last.path)
    assert "state_dict" not in torch.load(last.path, weights_only=True)
    assert last.path.stat().st_size < size
    shared = Checkpoint.read(last.path)
    assert shared.is_shared
    assert same(shared.entries["state_dict"], last.entries["state_dict"])
    assert checkpoint_to_resume(RunFolder(copied.path), None).is_shared
    shared.part_weights()
    best.path.unlink()
    again = Checkpoint.read(last.path)
    assert not again.is_shared
    assert same(again.entries["state_dict"], last.entries["state_dict"])


def test_a_last_checkpoint_without_its_weights_is_refused(copied, small_is_large):
    folder = copied.path / "checkpoints"
    Checkpoint.read(folder / "best.ckpt").share_weights(folder / "last.ckpt")
    rewritten(folder / "best.ckpt", global_step=3)
    for _ in range(2):
        with pytest.raises(
            InputError, match=r"last\.ckpt needs best\.ckpt of the same step beside it, with its weights"
        ):
            Checkpoint.read(folder / "last.ckpt")
        (folder / "best.ckpt").unlink(missing_ok=True)
    rewritten(folder / "last.ckpt", weights_of="../elsewhere.ckpt")
    with pytest.raises(InputError, match=r"needs \.\./elsewhere\.ckpt of the same step"):
        Checkpoint.read(folder / "last.ckpt")


@pytest.mark.slow
def test_a_run_that_shares_its_weights_is_resumed_bit_for_bit(train, command, small_is_large):
    whole, part = train("fit", *UNLOGGED), train("fit", "--trainer.max_epochs", 1, *UNLOGGED)
    assert "state_dict" not in torch.load(part.path / "checkpoints/last.ckpt", weights_only=True)
    assert command("fit", "--resume", part.path, "--trainer.max_epochs", 4).code == 0
    ours, theirs = (Checkpoint.read(run.path / "checkpoints/last.ckpt").entries for run in (part, whole))
    assert ours["global_step"] == theirs["global_step"]
    assert same(ours["state_dict"], theirs["state_dict"])
