"""Whole commands on malformed tables, which leave a run that they refuse as it was."""

from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.broken_runs import TrainedRun
from tests.fuzz.contract import command, examples
from tests.fuzz.malformed import TABLES, Malformed

NEW = ["fit", "fit", "study", "baselines", "audit"]
ON_A_RUN = ["test", "predict", "predict", "importance"]


def try_tables(number: int, config: Path, folder: Path) -> Counter[str]:
    """Run commands on malformed tables; return how often which ended how."""
    run = TrainedRun(config, folder)

    @examples(number)
    @given(TABLES, st.sampled_from([*NEW, *ON_A_RUN]))
    def any_table(table: Malformed, word: str) -> None:
        path = table.write(folder)
        if word in ON_A_RUN:
            run.ends(word, "--run", "--data.table", path)
        else:
            code = command(run.new_runs, word, "--config", config, "--data.table", path)
            run.ended[f"{word} {code}"] += 1
        path.unlink()

    any_table()
    return run.ended
