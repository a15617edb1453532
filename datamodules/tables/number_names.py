"""What the name of a column of numbers promises: money, a duration, a decade or a year."""

import re
from itertools import pairwise
from typing import Literal

from greenlight_films.datamodules.column_words import words_of

DURATION_NAME = re.compile(
    r"(?i)run[_ ]?time|(^|[_ ])"
    r"(duration|minutes|mins?|laufzeit|dauer|spieldauer|dur[ée]e|duraci[óo]n|durata|dura[çc][ãa]o"
    r"|film[_ ]?length|longueur)($|[_ ])"
)
BUDGET_NAME = re.compile(r"(?i)budget|presupuesto|or[çc]amento|production[_ ]?cost|produktionskosten")
MONEY_NAME = re.compile(
    r"(?i)revenue|gross|box[_ ]?office|(^|[_ ])(cost|costs|income|earnings|takings|salary|umsatz|einspiel\w*"
    r"|kosten|recettes?"
    r"|taquilla|recaudaci[óo]n|incass[oi]|bilheteria|domestic|worldwide)($|[_ ])"
)
MONEY = {
    "budget", "gross", "revenue", "boxoffice", "earnings", "takings", "cost", "costs", "profit", "salary", "recette",
    "incassi", "incasso", "einspiel", "einspielergebnis", "umsatz", "einnahmen", "recaudacion", "bilheteria", "hasilat",
    "wplywy", "票房", "興行収入", "매출", "сборы",
    "presupuesto", "orcamento", "budzet", "butce", "rozpocet", "бюджет", "预算", "預算", "製作費", "제작비",
}  # fmt: skip
"""Words of a column of money, alone or two of them."""

DECADE_NAME = re.compile(
    r"(?i)(^|[_ ])(decades?|eras?|jahrzehnte?|dekaden?|epochen?|[ée]poques?|d[ée]cennies?|d[ée]cadas?|[ée]pocas?"
    r"|decenni[oa]?|dekad[ay])($|[_ ])"
)
YEAR_NAME = re.compile(r"(?i)(^|[_ ])(year|jahr|ann[ée]e|a[ñn]o|anno|ano|rok|r[oå]k|år)($|[_ ])|year$")


def kind_by_name(name: str) -> Literal["money", "duration", "year"] | None:
    """Return the kind of number that a column's name promises, where its cells have no unit.

    >>> kind_by_name("budget"), kind_by_name("runtime"), kind_by_name("release_year"), kind_by_name("votes")
    ('money', 'duration', 'year', None)
    """
    if BUDGET_NAME.search(name) or MONEY_NAME.search(name):
        return "money"
    return "duration" if DURATION_NAME.search(name) else "year" if YEAR_NAME.search(name) else None


def is_called_money(name: str) -> bool:
    """Tell whether a column's name says that it holds money, in any language that is known.

    >>> is_called_money("Einspielergebnis (DE)"), is_called_money("votes")
    (True, False)
    """
    words = words_of(name)
    return kind_by_name(name) == "money" or bool(MONEY & {*words, *map("".join, pairwise(words))})
