"""The words in a column's name, and those by which titles of films are called in several languages."""

import re
from unicodedata import normalize

TITLES = {
    "title", "name", "film", "movie", "primarytitle", "originaltitle", "movietitle", "filmtitle", "moviename",
    "filmname", "filmlabel", "movielabel", "itemlabel",
    "titel", "filmtitel", "originaltitel", "kinotitel", "titre", "titulo", "pelicula", "filme", "titolo",
    "pellicola", "tytul", "tytulfilmu", "tytuloryginalny", "tytulpolski", "nazev", "nazevfilmu", "originalninazev",
    "电影", "电影名", "电影名称", "电影标题", "影片", "影片名", "影片名称", "片名", "中文名", "中文片名",
    "英文片名", "原片名", "原名", "名称", "電影", "電影名", "電影名稱", "影片名稱", "название", "фильм",
    "タイトル", "映画タイトル", "作品タイトル", "作品名", "映画名", "映画", "題名", "邦題", "原題",
    "제목", "영화", "영화명", "영화제목", "작품명", "원제",
}  # fmt: skip
"""Names of columns of titles, in small letters, without accents on Latin letters and without blanks."""

BESIDE_TITLES = {
    "original", "originale", "originaler", "origineel", "originele", "english", "german", "french", "spanish",
    "italian", "international", "englischer", "deutscher", "internationaler", "francais", "anglais", "espanol",
    "ingles", "italiano", "portugues", "brasil", "vf", "vo", "the", "of", "des", "du", "de", "del", "la", "el", "do",
    "da", "en", "no", "in", "filmu", "фильма", "оригинальное", "русское",
}  # fmt: skip
"""Words that may stand beside one of these, as in `Titre du film`, `Nombre de la película` or `Título original`."""

LESS_PLAIN = re.compile(r"origin|原|원제|оригинал|oryginal|name$")
NAMES = {"name", "nom", "nombre", "nome"}  # of films, where these are named beside them
OF_FILMS = {"film", "movie", "filme", "pelicula", "pellicola", "фильм", "电影", "影片", "電影", "映画", "영화"}

ROLES = re.compile(r"job|role|category|department|profession|position|credit|function|job[_ ]title|occupation")
ROLE_NAMES = {
    "fonction", "metier", "poste", "categorie", "departement", "emploi",
    "rolle", "funktion", "beruf", "tatigkeit", "kategorie", "aufgabe", "gewerk", "abteilung",
    "rol", "papel", "funcion", "cargo", "puesto", "oficio", "profesion", "categoria", "trabajo", "departamento",
    "ruolo", "funzione", "mansione", "professione", "incarico", "mestiere", "dipartimento",
    "funcao", "profissao", "trabalho",
}  # fmt: skip
"""Columns of a person's role in other languages, in small letters, without accents."""


MERGED = re.compile("(?<=.)_[xy]$")  # what pandas writes behind a name that both tables have which it merges
LETTERS = str.maketrans({
    "ł": "l", "Ł": "L", "ı": "i", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ħ": "h", "Ħ": "H",
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "þ": "th", "Þ": "Th",
})  # fmt: skip
"""Latin letters that Unicode doesn't take for one with an accent."""


def words_of(name: str) -> list[str]:
    """Return the words of a name in lower case, without accents on Latin letters: `nbEntrées` is nb, entrees.

    The end of `title_x` and `title_y`, as pandas calls columns of merged tables, is no word.
    """
    plain = normalize("NFKD", MERGED.sub("", name)).translate(LETTERS)
    plain = re.sub("([A-Za-z])[\u0300-\u036f]+", r"\1", plain)
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+", normalize("NFKC", plain))
    return [word.lower() for word in words]


def names_ids(column: str) -> bool:
    """Tell whether a column is called as ids are, whosever: `id`, `userId`, `director_id`."""
    return words_of(column)[-1:] in (["id"], ["ids"])


def names_titles(column: str) -> bool:
    """Tell whether the whole name of a column is that of titles of films.

    >>> [names_titles(name) for name in ("Filmtitel", "Título original", "Film", "Original language", "French film")]
    [True, True, True, False, False]
    """
    words = words_of(column)
    if "".join(words) in TITLES:
        return True
    own = {word for word in words if word not in BESIDE_TITLES}
    if own - TITLES - NAMES:
        return False
    return bool(own - OF_FILMS - NAMES) or bool(own & NAMES and own & OF_FILMS)


def is_plain_title(column: str) -> bool:
    """Tell a column of titles that is called so, as `title`, from `original_title`, `name`, `film` and `release`."""
    name = "".join(words_of(column))
    return not LESS_PLAIN.search(name) and name not in OF_FILMS | {"release", "releases"}


def words_in(name: str) -> str:
    """Return the words of a name; none of `actor_1`, which is one of several."""
    return "" if re.search(r"\d", name) else " ".join(words_of(name))


def is_role(name: str) -> bool:
    """Tell whether a column is called as those of what a person did for a film, such as category."""
    return bool(ROLES.fullmatch(name.lower()) or ROLES.fullmatch(words_in(name))) or words_in(name) in ROLE_NAMES


def may_name_people(name: str) -> bool:
    """Tell whether a column of titles is called as one of people may be called, too.

    >>> [name for name in ("name", "primaryName", "nom", "title", "movie_name", "Film") if may_name_people(name)]
    ['name', 'primaryName', 'nom']
    """
    words = words_of(name)
    return bool(words) and words[-1] in NAMES and not set(words) & OF_FILMS
