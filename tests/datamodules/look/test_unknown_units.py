import pyarrow as pa
import pytest

from greenlight_films.datamodules.look.unknown_units import unknown_unit_notice

DATES = [f"{day}.{month}.2001" for day in range(1, 28) for month in (1, 2)]


@pytest.mark.parametrize(
    "write", ["{} mil eur", "{} foo 7 bars", "≥{},50 zorkmid", "{}¤", "{},31 quux di zed"], ids=["mil", *"abcd"]
)
def test_numbers_with_the_same_words_are_told_with_an_example(write):
    texts = pa.array([write.format(number) for number in range(20, 60)] * 3 + ["n.a."])
    notice = unknown_unit_notice("budget", texts)
    assert notice.startswith("column 'budget' seems to hold numbers with a unit that isn't known, such as ")
    assert repr(write.format(20)) in notice


@pytest.mark.parametrize(
    "texts",
    [
        [f"Screen {number}" for number in range(50)],
        [f"critic{number}" for number in range(50)],
        ["PG-13", "R", "NC-17", "G"] * 20,
        ["1st unit", "2nd unit"] * 20,
        [f"{number} {word}" for number, word in enumerate(["Angry Men", "Monkeys", "Mile", "Hours", "Blows"], 8)] * 9,
        DATES,
        [f"{number}" for number in range(50)],
        [f"{number}-{number + 4}" for number in range(50)],
        ["Drama", "Comedy"] * 9,
        [],
    ],
    ids=["names", "codes", "certificates", "kinds", "titles", "dates", "numbers", "ranges", "words", "nothing"],
)
def test_labels_with_a_number_and_dates_are_not(texts):
    assert unknown_unit_notice("x", pa.array(texts, pa.string())) == ""
