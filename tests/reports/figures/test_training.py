from torch.utils.tensorboard import SummaryWriter

from greenlight_films.reports.figures import training
from tests.reports.figures.samples import CURVES


def test_the_best_epoch_is_marked():
    mark = training.losses(CURVES).data[-1]
    assert (mark.x, mark.y) == ((2,), (0.6,))


def test_the_loss_has_its_name():
    titles = [training.losses(CURVES, *loss).layout.yaxis.title.text for loss in ((), ("mae",), ("huber",))]
    assert titles == [f"{name} of the scaled target" for name in ("squared error", "absolute error", "Huber loss")]


def test_losses_are_read_by_epoch_and_scores_of_the_best_checkpoint_are_not_among_them(tmp_path):
    with SummaryWriter(str(tmp_path)) as writer:
        for epoch, (train, val) in enumerate([(0.75, 0.5), (0.5, 0.25)]):
            for tag, value in (("train/loss", train), ("val/loss", val), ("epoch", epoch)):
                writer.add_scalar(tag, value, 10 * epoch + 9)
        writer.add_scalar("epoch", 2, 20)
        writer.add_scalar("val/loss", 0.125, 20)
    curves = training.read_losses(tmp_path)
    assert curves.to_dict("list") == {"epoch": [1, 2], "train": [0.75, 0.5], "val": [0.5, 0.25]}
    (tmp_path / "none").mkdir()
    assert training.read_losses(tmp_path / "none").empty
