import pytest

from tests.fuzz.contract import TIMES, in_a_child


@pytest.mark.parametrize(("part", "number"), [("checkpoints", 100), ("files", 50)])
def test_a_run_with_any_changed_file_is_refused_in_one_message_or_read(fuzz_config, tmp_path, part, number):
    ended = in_a_child("broken_runs.py", fuzz_config, tmp_path, part, number)
    assert ended.total() >= number * TIMES
    assert {word.split()[1] for word in ended} == {"0", "2"}
