"""Work in threads: results in order, the caller's share of it, and errors."""

from threading import get_ident
from time import sleep

import pytest

from greenlight_films.datamodules.threads import in_parallel


def test_results_stand_in_the_order_of_the_items():
    results = in_parallel(lambda n: sleep(0.001 * (7 - n)) or n * n, range(7))
    assert [result() for result in results] == [0, 1, 4, 9, 16, 25, 36]


def test_the_calling_thread_takes_the_first_item_and_shares_the_others():
    def thread_of(item):
        sleep(0.02)
        return get_ident()

    threads = [result() for result in in_parallel(thread_of, range(12))]
    assert threads[0] == get_ident()
    assert threads.count(get_ident()) > 1
    assert len(set(threads)) > 1


@pytest.mark.parametrize("bad", [0, 1, 4])
def test_an_error_is_raised_where_its_result_is_asked_for(bad):
    def work(item):
        if item == bad:
            raise ValueError(f"item {item}")
        return item

    results = in_parallel(work, range(5))
    assert [results[item]() for item in range(5) if item != bad] == [item for item in range(5) if item != bad]
    with pytest.raises(ValueError, match=f"item {bad}"):
        results[bad]()


def test_no_items_need_no_work():
    assert in_parallel(lambda item: item, []) == []
