from collections import Counter

import pytest
import torch
from hypothesis import given

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Category, Labels, Number
from greenlight_films.datamodules.film_data_module import FilmDataModule
from greenlight_films.datamodules.splits import RandomSplit
from greenlight_films.datamodules.targets import Target
from tests.fuzz.broken_runs import try_tables
from tests.fuzz.contract import TIMES, examples, in_a_child, no_hang, times
from tests.fuzz.malformed import TABLES


def batches_of(path):
    features = [Number("year"), Labels("genre"), Category("company")]
    split = RandomSplit(0.2, 0.25, 3)
    data = FilmDataModule(str(path), features=features, target=Target("rating"), split=split, batch_size=8)
    data.setup("fit")
    loaders = (data.train_dataloader(), data.val_dataloader(), data.test_dataloader())
    return [batch for loader in loaders for batch in loader]


def test_any_table_gives_finite_batches_or_one_message_with_its_name(tmp_path):
    ended = Counter()

    @examples(1000)
    @given(TABLES)
    def any_table(table):
        path = table.write(tmp_path)
        try:
            with no_hang():
                batches = batches_of(path)
        except InputError as problem:
            message = str(problem)
            ended["refused"] += 1
        else:
            assert all(torch.isfinite(batch.dense).all() and torch.isfinite(batch.target).all() for batch in batches)
            message = f"{path} is read"
            ended["read"] += 1
        finally:
            path.unlink()
        assert str(path) in message or message.startswith("data.")
        assert len(message) < 10_000

    any_table()
    assert ended.total() >= times(1000)
    assert min(ended["read"], ended["refused"]) > 20 * TIMES


@pytest.mark.slow
def test_any_table_ends_a_whole_command_well_and_under_a_gigabyte(fuzz_config, tmp_path):
    in_a_child(try_tables, 40, fuzz_config, tmp_path)
