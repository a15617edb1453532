"""What the name of a column of numbers promises: money, a duration or a year."""

import re
from typing import Literal

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
YEAR_NAME = re.compile(r"(?i)(^|[_ ])(year|jahr|ann[ée]e|a[ñn]o|anno|ano|rok|r[oå]k|år)($|[_ ])|year$")


def kind_by_name(name: str) -> Literal["money", "duration", "year"] | None:
    """Return the kind of number that a column's name promises, where its cells have no unit.

    >>> kind_by_name("budget"), kind_by_name("runtime"), kind_by_name("release_year"), kind_by_name("votes")
    ('money', 'duration', 'year', None)
    """
    if BUDGET_NAME.search(name) or MONEY_NAME.search(name):
        return "money"
    return "duration" if DURATION_NAME.search(name) else "year" if YEAR_NAME.search(name) else None
