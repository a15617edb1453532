import pandas as pd
import pytest

from greenlight_films.datamodules.look.kinds import look_at_columns
from greenlight_films.datamodules.look.proposal import possible_targets
from greenlight_films.datamodules.tables.formats import Formats


@pytest.mark.parametrize(
    ("names", "target"),
    [
        (["Platz", "Besucher", "Einspielergebnis", "Wertung"], "Wertung"),
        (["Platz", "Besucher", "Einspielergebnis"], "Einspielergebnis"),
        (["排名", "评价人数", "评分"], "评分"),
        (["Rank", "Gross", "Opening"], "Gross"),
        (["Platz", "Сборы", "Рейтинг"], "Рейтинг"),
    ],
)
def test_the_likeliest_target_is_known_by_its_name_in_several_languages_and_is_no_rank(names, target):
    frame = pd.DataFrame({name: pd.Series([str(7 * row) for row in range(3, 20)], dtype="str") for name in names})
    targets = possible_targets(look_at_columns(frame, Formats()))
    assert targets[0] == target
    assert names[0] not in targets
