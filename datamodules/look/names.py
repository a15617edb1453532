"""What the name of a column tells of its cells."""

import re
from itertools import pairwise

from greenlight_films.datamodules.column_words import TITLES, names_ids, names_titles, words_of
from greenlight_films.datamodules.leakage import PEOPLE

TARGETS = (
    "rating", "vote average", "averagerating", "imdbrating", "score", "stars", "wertung", "bewertung", "note", "nota",
    "voto", "ocena", "puan", "puani", "hodnoceni", "betyg", "karakter", "cijfer", "waardering", "vurdering", "arvosana",
    "avaliacao", "punteggio", "puntaje", "puntuacion", "calificacion", "valoracion", "valutazione",
    "评分", "оценка", "рейтинг", "평점", "評価", "التقييم",
    "gross", "revenue", "boxoffice", "einspielergebnis", "einspiel", "umsatz", "einnahmen", "recette", "recettes",
    "recaudacion", "taquilla", "incasso", "incassi", "bilheteria", "arrecadacao", "wplywy", "przychody", "hasilat",
    "gise", "trzby", "omzet", "opbrengst", "omsaetning", "omsattning",
    "票房", "сборы", "興行収入", "興収", "매출", "매출액", "الإيرادات",
    "profit", "admissions", "besucher", "zuschauer", "entrees", "espectadores", "spettatori", "seyirci", "widzowie",
    "зрители", "관객", "관객수", "earnings", "takings",
)  # fmt: skip
"""Words of columns that people want to predict, the likeliest first."""

DURATIONS = {"runtime", "duration", "minutes", "mins", "laufzeit", "duree", "duracion", "durata", "runtimeminutes"}
VOTES = {"votes", "vote", "voters", "reviews", "ratings"}
COUNTS = {"count", "counts", "num", "number", "n", "total", "评价人数", "评分人数", "评论数"}
RANKS = {"rank", "ranking", "platz", "rang", "排名", "順位"}
TEXTS = {"overview", "plot", "tagline", "synopsis", "description", "summary", "storyline", "review", "comment"}
KEYWORDS = {"keyword", "keywords", "tags"}
IDS = {"id", "ids", "tconst", "imdbid", "tmdbid", "index", "uuid", "key", "slug"}
LINKS = {"link", "links", "url", "urls", "href", "poster", "path"}
CODES = {"code", "codes", "zip", "zipcode", "zipcodes", "plz", "postleitzahl", "postcode", "postal", "codigo", "codice"}
"""Last words of columns whose numbers only name, such as `studio_code` and `code_postal`."""

SINGULAR = {
    "cast": "actor", "actors": "actor", "stars": "actor", "star": "actor", "actresses": "actor", "actress": "actor",
    "genres": "genre",
    "directors": "director", "writers": "writer", "producers": "producer", "companies": "company",
    "countries": "country", "plot keywords": "keyword",
    "production": "company", "productioncompanies": "company", "studios": "company", "studio": "company",
    "production companies": "company", "company": "company", "languages": "language", "keywords": "keyword",
    "composers": "composer", "editors": "editor", "production countries": "country", "spoken languages": "language",
    "directed by": "director", "written by": "writer", "starring": "actor", "distributor": "company",
    "realisateurs": "réalisateur", "scenaristes": "scénariste",
}  # fmt: skip


def has_name(column: str, names: set[str]) -> bool:
    """Tell whether a column is called by one of some names, alone or as a word of it, or two: `vote average`."""
    words = words_of(column)
    return bool(names & {*words, "".join(words), *map(" ".join, pairwise(words))})


def is_called(column: str, names: set[str]) -> bool:
    """Tell whether a column's whole name is among some names, as `movie_title` is of `movietitle`."""
    words = words_of(column)
    return bool(words) and ("".join(words) in names or words[-1] in names)


def is_only_id(column: str) -> bool:
    """Tell whether a column is called `id`, `key` or the like, without a word on whose: `director_id` is no such."""
    return "".join(words_of(column)) in IDS


def names_role(column: str) -> bool:
    """Tell whether a column is called as a film's people, companies and the like are: `director_name`, `Studio`."""
    return has_name(column, PEOPLE | {*SINGULAR, *SINGULAR.values()})


def is_text(column: str) -> bool:
    """Tell whether a column is called as texts are, such as a plot; `plot_keywords` are labels."""
    return has_name(column, TEXTS) and not has_name(column, KEYWORDS)


def is_title(column: str) -> bool:
    """Tell whether a column is called as films' titles are; `studio_name` and `actor_1_name` are names of others."""
    words = words_of(column)
    if names_titles(column):
        return True
    return is_called(column, TITLES) and (words[-1:] != ["name"] or words[-2] in TITLES)


def role_of_ids(column: str) -> str | None:
    """Return what is known by ids in a column: `director` of `director_id`; None where its name says nothing of ids."""
    return " ".join(words_of(column)[:-1]) or None if names_ids(column) else None


def role_of(column: str) -> str | None:
    """Return what the labels of a column are to a film: `actor` of `cast`; None where that is its own name."""
    words = " ".join(words_of(column))
    role = SINGULAR.get(words) or SINGULAR.get(words.replace(" ", ""))
    if role is None and words in PEOPLE and words.removesuffix("s") in PEOPLE:
        role = words.removesuffix("s")
    return None if role in (column, words) else role


def looks_like_url(text: str) -> bool:
    """Tell whether a text is the address of a page or picture."""
    return bool(re.match(r"(?i)(https?://|www\.)\S+$|/\S+\.(jpe?g|png|webp)$", text))
