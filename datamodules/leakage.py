"""Signs that test scores flatter a model: films and people seen in training, and columns known only after release."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules.column_words import words_of
from greenlight_films.datamodules.features import Bins, Category, Feature, Labels, Number
from greenlight_films.datamodules.splits import Rows
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.label_lists import LabelLists
from greenlight_films.datamodules.targets import ProfitRatio, TargetColumn

PEOPLE = {
    "actor", "actors", "actress", "cast", "cinematographer", "cinematographers", "composer", "composers", "crew",
    "director", "directors", "editor", "editors", "employee", "lead actor", "people", "person", "producer", "producers",
    "star", "stars", "writer", "writers", "casting director", "production designer",
    "acteur", "acteurs", "actrice", "actrices", "interprete", "interpretes", "realisateur", "realisateurs",
    "realisatrice", "scenariste", "scenaristes", "producteur", "producteurs", "productrice", "compositeur",
    "compositeurs", "monteur", "monteurs", "metteur en scene", "chef operateur", "personne", "personnes",
    "darsteller", "darstellerin", "hauptdarsteller", "schauspieler", "schauspielerin", "besetzung", "mitwirkende",
    "regie", "regisseur", "regisseurin", "regisseure", "drehbuch", "drehbuchautor", "drehbuchautorin", "produzent",
    "produzentin", "produzenten", "komponist", "komponistin", "komponisten", "kamera", "kameramann",
    "actores", "actriz", "reparto", "directora", "directores", "direccion", "guionista", "guionistas", "productor",
    "productora", "productores", "compositor", "compositores", "montador", "persona", "personas",
    "attore", "attori", "attrice", "attrici", "interpreti", "regista", "registi", "regia", "sceneggiatore",
    "sceneggiatori", "produttore", "produttori", "compositore", "compositori", "montatore", "persone",
    "ator", "atores", "atriz", "atrizes", "elenco", "diretor", "diretora", "diretores", "direcao", "roteirista",
    "roteiristas", "produtor", "produtora", "produtores", "pessoa", "pessoas",
}  # fmt: skip
"""Roles and columns of people, in small letters, without accents, with blanks between their words."""

YEARS = re.compile(
    r"(released?|start|premiere|title|production)?[_ ]?(year|date)|released|year[_ ]of[_ ](release|production)"
    r"|(erscheinungs|produktions|herstellungs|kino)?jahr|ann[ée]e([_ ]de[_ ](sortie|production|r[ée]alisation))?"
    r"|a[ñn]o([_ ]de[_ ](estreno|lanzamiento|producci[óo]n))?|anno([_ ]di[_ ](uscita|produzione))?"
    r"|ano([_ ]de[_ ](lan[çc]amento|estreia|produ[çc][ãa]o))?|год([_ ](выхода|выпуска|производства))?"
    r"|rok([_ ](produkcji|premiery|výroby))?|(上映|公開|公开|製作|制作|发行|出品)?年份?|((개봉|제작)[_ ]?)?[연년]도",
    re.IGNORECASE,
)
MONEY = {
    "box office", "domestic", "earnings", "gross", "grosses", "net", "nett", "profit", "proceeds", "revenue",
    "revenues", "sales", "takings", "worldwide",
    "bilheteria", "boxoffice", "einspiel", "einspielergebnis", "einspielergebnisse", "einnahmen", "incassi", "incasso",
    "ingresos", "omzet", "przychody", "recaudacion", "recette", "recettes", "receita", "taquilla", "umsatz", "wplywy",
    "arrecadacao", "benefice", "benefices", "beneficio", "beneficios", "bevetel", "bruttoeinnahmen", "faturamento",
    "gewinn", "gise", "hasilat", "intakter", "inntekter", "lucro", "omsaetning", "omsattning", "opbrengst", "ricavi",
    "ricavo", "trzby", "zysk",
    "сборы", "касса", "доход", "выручка", "票房", "总票房", "累计票房", "興行収入", "興収", "매출", "매출액",
    "الإيرادات", "إيرادات", "कमाई",
}  # fmt: skip
MONEY_ENDINGS = ("boxoffice", "einspielergebnis", "gross", "revenue", "umsatz")
"""Words of money that others are written together with: `intgross` is a gross."""
CURRENCY = re.compile(r"dollar|euro|pound|profit|usd|[$€£¥]", re.IGNORECASE)
AFTER_RELEASE = MONEY | {
    "admissions", "arvosana", "attendance", "audience", "avaliacao", "averagerating", "award", "awards", "besucher",
    "besucherzahl", "besucherzahlen", "betyg", "bewertung", "bewertungen", "bezoekers", "calificacion", "chce zobaczyc",
    "cijfer", "classificacao", "critica", "divaci", "downloads", "entradas", "entrees", "espectadores", "fans",
    "favorites", "favourites", "foreign", "hodnoceni", "imdbrating", "imdbvotes", "international", "karakter",
    "kritiken", "likes", "list appearances", "metacritic", "metascore", "meter", "navstevnost", "nominations", "nota",
    "notas", "note", "notes", "ocena", "oceny", "opening", "oscars", "overseas", "platz", "popularite", "popularity",
    "preise", "premi", "premios", "prix", "profitability", "puan", "puani", "publico", "puntaje", "punteggio",
    "puntuacion", "rang", "rank", "rating", "ratings", "review", "reviews", "roi", "score", "scores", "seyirci",
    "spectateurs", "spettatori", "stars", "streams", "theaters", "theatres", "tickets", "tomatometer", "valoracion",
    "valutazione", "viewers", "viewership", "views", "visitors", "visits", "vote", "voted", "voters", "votes", "voti",
    "voto", "votos", "vurdering", "waardering", "watches", "watchlist", "watchlists", "wertung", "wertungen",
    "widzowie", "wins", "zuschauer", "голосов", "зрители", "оценка", "оценки", "оценок", "отзывов", "просмотров",
    "рейтинг", "рецензий", "评分", "评价人数", "评分人数", "评论数", "排名", "評価", "観客動員",
    "관객", "관객수", "평점", "التقييم", "تقييم",
}  # fmt: skip
"""Words, or two, in the names of columns that nobody can fill in before a film is shown, without accents."""
STARS = re.compile(r"[★☆⭐]|^\s*½\s*$")
"""The columns of a histogram of ratings, such as `½` and `★★`."""
LATE_LABELS = {
    "auszeichnungen", "award", "awards", "box office", "boxoffice", "nominations", "oscars", "palmares", "preise",
    "premios", "tomatometer", "verdict",
}  # fmt: skip
"""Words, or two, in the names of columns of labels that say how a film did."""
UNLESS = {
    "audience": {"age", "intended", "target"},
    "classificacao": {"etaria", "indicativa"},
    "fans": {"actor", "cast", "director", "star"},
    "foreign": {"film", "is", "language", "speaking"},
    "international": {"cast", "film", "is"},
    "likes": {"actor", "cast", "director"},
    "net": {"budget", "cost", "costs"},
    "note": {"id"},
    "nota": {"id"},
    "opening": {"credits", "date", "month", "scene", "sequence", "shot", "song", "theme", "title", "titles", "year"},
    "prix": {"billet"},
    "rank": {"actor", "billing", "cast", "director", "star"},
    "rating": {"age", "certificate", "content", "mpaa"},
    "sales": {"agency", "agent", "agents", "company", "rep"},
    "score": {"composer", "music", "musical"},
    "stars": {"actor", "cast", "count", "n", "num", "number"},
    "views": {"teaser", "trailer"},
}
"""Words beside which one of these names something that is known before."""


def has_word(name: str, words: set[str]) -> bool:
    """Return whether a column's name has one of these words, alone or at the end of another, or two of them.

    >>> has_word("domestic opening", MONEY), has_word("opening date", AFTER_RELEASE), has_word("intgross", MONEY)
    (True, False, True)
    """
    own = [next((end for end in MONEY_ENDINGS if word.endswith(end)), word) for word in words_of(name)]
    both = {*own, *map(" ".join, pairwise(own))}
    return any(not UNLESS.get(word, set()) & both for word in both & words)


def is_money(target: TargetColumn) -> bool:
    """Return whether a target is what a film earns, by its name and unit."""
    if isinstance(target, ProfitRatio):
        return True
    return any(has_word(column, MONEY) for column in target.columns) or bool(CURRENCY.search(target.unit))


def late_columns(features: Iterable[Feature[Any]]) -> list[str]:
    """Return the columns that are known only once a film has been shown, by the words in their names."""
    late = [
        feature.column
        for feature in features
        if (isinstance(feature, Number | Bins) and is_late_number(feature.column))
        or (isinstance(feature, Category | Labels) and _are_late_labels(feature.column))
    ]
    return list(dict.fromkeys(late))


def is_late_number(column: str) -> bool:
    """Return whether a column of numbers is known only once a film has been shown, by its name."""
    return has_word(column, AFTER_RELEASE) or bool(STARS.search(column))


def _are_late_labels(column: str) -> bool:
    return has_word(column, LATE_LABELS) or {"audience", "status"} <= set(words_of(column))


def known_after_release(target: TargetColumn, features: Iterable[Feature[Any]]) -> list[str]:
    """Return `late_columns` where the target is known only then, too: they go with success and do not bring it."""
    return late_columns(features) if is_money(target) or any(map(is_late_number, target.columns)) else []


def is_year(column: str) -> bool:
    """Return whether a column's name is that of a film's year or date of release."""
    return YEARS.fullmatch(column) is not None


def people_features(features: Iterable[Feature[Any]]) -> list[Labels | Category]:
    """Return the features that hold people, by their role or column."""
    return [
        feature
        for feature in features
        if isinstance(feature, Labels | Category)
        and {" ".join(words_of(name)) for name in (feature.named_role, feature.column)} & PEOPLE
    ]


def film_seen(ids: pd.Series, rows: Rows) -> float:
    """Return the share of test rows whose film has training rows, from rows' ids; one without is its own film."""
    return float(ids.iloc[rows.test].isin(ids.iloc[rows.train].dropna()).mean())


def person_seen(
    frame: pd.DataFrame, rows: Rows, features: Sequence[Labels | Category], formats: Formats = Formats()
) -> float:
    """Return the share of test rows with a person who is in a training row, in the same column."""
    seen = np.zeros(len(frame), dtype=bool)
    for feature in features:
        parsed = feature.read(frame, formats)
        for lists in [parsed] if isinstance(parsed, LabelLists) else parsed:
            known = np.isin(lists.codes, lists.take(rows.train).codes)
            seen[np.repeat(np.arange(lists.n_rows), lists.counts())[known]] = True
    return float(seen[rows.test].mean())
