import pandas as pd
import pytest

from greenlight_films.datamodules.tables.distinct_texts import distinct_texts
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.number_habits import find_habits, values_of
from greenlight_films.datamodules.tables.number_readings import read_texts


def habits_of(*texts, name="x", format=Format(), marks_beside="", delimiter=","):
    column = pd.Series(texts, name=name, dtype="str")
    readings = read_texts(distinct_texts(column))
    habits = find_habits(column, readings, format, marks_beside, delimiter)
    return values_of(readings, habits.format).tolist(), habits


@pytest.mark.parametrize(
    ("texts", "given", "values", "format"),
    [
        (["45m", "1h 36m"], {}, [45, 96], Format(unit="min")),
        (["45m", "98m"], {"name": "runtime"}, [45, 98], Format(unit="min")),
        (["45m", "$5"], {}, [45e6, 5], Format(unit="USD")),
        (["45m", "900k"], {}, [45e6, 900e3], Format(unit="")),
        (["150 mn", "3 bn"], {}, [150e6, 3e9], Format(unit="")),
        (["150 mn", "3 bn"], {"name": "runtime"}, [150e6, 3e9], Format(unit="")),
        (["1.5 mn", "2 mln", "4 Mio."], {}, [1.5e6, 2e6, 4e6], Format(decimal=".", unit="")),
        (["15 mn", "900 K"], {}, [15e6, 900e3], Format(unit="")),
        (["45 Mn", "$5"], {}, [45e6, 5], Format(unit="USD")),
        (["45 mn", "98 mn"], {"name": "budget"}, [45e6, 98e6], Format(unit="")),
        (["45mn", "98 mn."], {"format": Format(unit="")}, [45e6, 98e6], Format(unit="")),
        (["8 mn", "98 mn"], {}, [8, 98], Format(unit="min")),
        (["98 mn", "1h 36mn"], {}, [98, 96], Format(unit="min")),
        (["98 mn"], {"format": Format(unit="min")}, [98], Format(unit="min")),
        (["8.5 mn", "98 mn"], {"name": "durée"}, [8.5, 98], Format(decimal=".", unit="min")),
        (["8.5 mn", "98 mn"], {}, [8.5e6, 98e6], Format(decimal=".", unit="")),
        (["1.1M"], {}, [1.1e6], Format(decimal=".", unit="")),
        (["45m"], {"format": Format(unit="min")}, [45], Format(unit="min")),
        (["1:36", "2:05"], {}, [96, 125], Format(unit="min", clock="h:mm")),
        (["1:36", "12:30"], {}, [1.6, 12.5], Format(unit="min", clock="mm:ss")),
        (["1:36"], {"format": Format(clock="mm:ss")}, [1.6], Format(unit="min", clock="mm:ss")),
        (["kr 100", "SEK 200"], {}, [100, 200], Format(unit="SEK")),
        (["1,234", "2,500"], {}, [1234, 2500], Format(decimal=".")),
        (["1,234", "2,500"], {"marks_beside": ","}, [1.234, 2.5], Format(decimal=",")),
        (["1.234", "2.500"], {"marks_beside": ","}, [1234, 2500], Format(decimal=",")),
        (["1.234"], {"format": Format(decimal=".")}, [1.234], Format(decimal=".")),
        (["1,234"], {"format": Format(decimal=","), "delimiter": ";"}, [1.234], Format(decimal=",")),
        (["12", "13"], {}, [12, 13], Format()),
        (["1980s", "2010's"], {}, [1980, 2010], Format(unit="")),
        (
            ["80s", "10s"],
            {"name": "Decade", "format": Format(latest_year=2014)},
            [1980, 2010],
            Format(unit="", latest_year=2014),
        ),
        (["90s", "80s"], {}, [1.5, 80 / 60], Format(unit="min")),
        (["1980s", "1h 36m"], {}, [33, 96], Format(unit="min")),
        (["1980s"], {"format": Format(unit="min")}, [33], Format(unit="min")),
    ],
)
def test_a_column_is_read_in_the_way_that_its_cells_or_what_is_known_decide(texts, given, values, format):
    read, habits = habits_of(*texts, **given)
    assert read == values
    assert habits.format == format
    assert habits.faults == []


@pytest.mark.parametrize(
    ("texts", "given", "message"),
    [
        (["45m", "98m"], {}, "column 'x' can be read in two ways, as minutes and as millions: row 1 has '45m', row 2"),
        (
            ["1:36", "7:30"],
            {},
            "column 'x' can be read in two ways: '1:36' as hours and minutes, or as minutes and seconds",
        ),
        (["83%", "0.5"], {}, "in one unit, most are percent, but row 2 has '0.5' without it"),
        (["142 min", "3"], {}, "in one unit, most are minutes, but row 2 has '3' without it"),
        (["142 min", "3 bn"], {}, "in one unit, most are minutes, but row 2 has '3 bn' without it"),
        (
            ["45m", "98 mn"],
            {},
            "column 'x' can be read in two ways, as minutes and as millions: row 1 has '45m', row 2",
        ),
        (["8/10", "70"], {}, "in one unit, most are points of 10, but row 2 has '70' without it"),
        (["$5", "5%"], {}, "must be in one unit, got"),
        (["A$5", "$7", "$8"], {}, "must be in one currency, got USD in 2 rows, AUD in 1 row: row 1 has 'A$5'"),
        (["€3"], {"format": Format(unit="USD")}, "one currency (the model's table is in USD), got EUR in 1 row"),
        (["7"] * 20 + ["$5M"], {}, "must hold numbers in one unit, most have none, but row 21 has '$5M'; correct them"),
        (["52/2015", "3/1996"], {}, "must hold numbers, got weeks of years such as '52/2015'; leave it out"),
        (["1.234", "1,234"], {}, "can be read in two ways"),
        (["1,234"], {"delimiter": ";"}, "'1,234' as 1234 or as 1.234, and no cell decides; declare data.decimal"),
        (["1.234"], {"marks_beside": "."}, "'1.234' as 1.234 or as 1234, and no cell decides"),
        (["1.234"], {"marks_beside": ",."}, "'1.234' as 1.234 or as 1234, and no cell decides"),
        (["5,0", "6,5", "7.5"], {}, "'5,0' has the habit of a decimal comma, but row 3 has '7.5' in that of a decimal"),
    ],
)
def test_what_contradicts_itself_or_is_not_decided_is_a_fault(texts, given, message):
    _, habits = habits_of(*texts, **given)
    assert len(habits.faults) == 1
    assert message in str(habits.faults[0])
    assert habits.faults[0].row == int(habits.disputed.argmax()) + 1


def test_what_is_assumed_is_a_notice():
    assert habits_of("1,234")[1].notices == [
        "column 'x': '1,234' and the like are read as 1234: the comma is taken to part thousands, because every comma "
        "stands before three digits; otherwise declare data.decimal: {x: ','}"
    ]
    assert habits_of("83%", "12")[1].notices == ["column 'x': '12' and the like, without unit (1 row), are in percent"]
    assert habits_of("8.5 mn", "98 mn")[1].notices == [
        "column 'x': '8.5 mn' and the like are read as millions, not as minutes"
    ]
    assert habits_of("8.5 mn", "3 bn")[1].notices == []
    assert habits_of("1:36")[1].notices == ["column 'x': '1:36' and the like are read as hours and minutes"]
