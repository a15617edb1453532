import pytest
import torch

from greenlight_films.importance.threads import one_thread_a_step


@pytest.fixture(autouse=True)
def three_threads():
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(1)


def test_a_step_uses_one_thread_and_the_others_are_given_back():
    with one_thread_a_step() as threads:
        assert threads == 3
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3


def test_threads_are_given_back_after_an_error():
    with pytest.raises(KeyError, match="a step"), one_thread_a_step():
        raise KeyError("a step")
    assert torch.get_num_threads() == 3


def test_steps_within_steps_use_one_thread():
    with one_thread_a_step(), one_thread_a_step() as threads:
        assert threads == torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3
