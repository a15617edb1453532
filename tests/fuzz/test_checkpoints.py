import pytest

from tests.fuzz.broken_runs import try_checkpoints, try_files
from tests.fuzz.contract import in_a_child


@pytest.mark.slow
@pytest.mark.parametrize(("function", "number"), [(try_checkpoints, 100), (try_files, 50)])
def test_a_run_with_any_changed_file_is_refused_in_one_message_or_read(fuzz_config, tmp_path, function, number):
    in_a_child(function, number, fuzz_config, tmp_path)
