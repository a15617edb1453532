import pandas as pd
import pytest

from greenlight_films.datamodules.look.kinds import look_at_columns
from greenlight_films.datamodules.tables.formats import Formats


def looked_at(name, *cells):
    (column,) = look_at_columns(pd.DataFrame({name: pd.Series(cells, dtype="str")}), Formats())
    return column


@pytest.mark.parametrize("address", ["https://films.example/{}_UX67,0,67.jpg", "http://film.example", "/poster{}.jpg"])
def test_the_commas_and_slashes_of_addresses_part_no_labels(address):
    assert looked_at("poster", *[address.format(number) for number in range(30)], "").kind == "url"


def test_labels_that_are_the_same_in_all_rows_are_left_out():
    assert looked_at("languages", *["['English']"] * 9).left_out == "the same in all rows"
    assert not looked_at("languages", *["['English']"] * 9, "['French', 'English']").left_out


@pytest.mark.parametrize("name", ["电影名", "片名", "Название", "作品名", "제목", "Titel"])
def test_a_title_is_known_by_its_name_in_several_languages(name):
    assert looked_at(name, "A Tin Tide", "Salt", "Night", "Rain").kind == "title"


@pytest.mark.parametrize("name", ["studio_name", "director name", "Actor 1 Name"])
def test_the_name_of_somebody_is_no_title(name):
    assert looked_at(name, *["Ada Voss", "Bo Sato", "Cy Quill"] * 9).kind == "category"
