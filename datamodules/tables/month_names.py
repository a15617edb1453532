"""The months in the languages that tables of films are written in, and the other words that stand in dates."""

from collections import defaultdict
from unicodedata import combining, normalize

from greenlight_films.datamodules.column_words import LETTERS

NAMES = """
january february march april may june july august september october november december
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
januar februar marz april mai juni juli august september oktober november dezember
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro
januari februari maart april mei juni juli augustus september oktober november december
januar februar marts april maj juni juli august september oktober november december
januari februari mars april maj juni juli augusti september oktober november december
ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie
gener febrer marc abril maig juny juliol agost setembre octubre novembre desembre
stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada grudnia
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
"""
"""Twelve a line, without accents. Beginnings of three letters and more stand for them, where they are of one month."""

OTHER_NAMES = """
janner feber maerz april mai juni juli august september oktober november dezember
januari pebruari maret april mei juni juli agustus sept oktober november desember
jan feb mrt apr may jun jul aug sep oct nov dec
styczen luty marzec kwiecien maj czerwiec lipiec sierpien wrzesien pazdziernik listopad grudzien
leden unor brezen duben kveten cerven cervenec srpen zari rijen listopad prosinec
ledna unora brezna dubna kvetna cervna cervence srpna zari rijna listopadu prosince
ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik
oca sub mar nis may haz tem agu eyl eki kas ara
tammikuu helmikuu maaliskuu huhtikuu toukokuu kesakuu heinakuu elokuu syyskuu lokakuu marraskuu joulukuu
tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesakuuta heinakuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta
január február március április május június július augusztus szeptember október november december
январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
i ii iii iv v vi vii viii ix x xi xii
"""  # noqa: E501 (twelve a line)
"""Twelve a line; only the whole word stands for its month."""

WEEKDAYS = """
monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
lundi mardi mercredi jeudi vendredi samedi dimanche
montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so
lunes martes miercoles jueves viernes sabado domingo lunedi martedi mercoledi giovedi venerdi sabato domenica
pazartesi sali carsamba persembe cuma cumartesi pazar
segunda terca quarta quinta sexta feira maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
"""
LITTLE_WORDS = """
de del of the du le la el den der dem am on di do da dos
st nd rd th er re o a ca circa c г год года
"""

OTHER_WORDS = frozenset(f"{WEEKDAYS} {LITTLE_WORDS}".split())
"""Words that may stand in a date and don't change it."""


def without_accents(text: str) -> str:
    """Return a text in small letters, wide digits and letters as usual ones, without accents.

    >>> without_accents("12 août １９９８"), without_accents("4 Mayıs 1995")
    ('12 aout 1998', '4 mayis 1995')
    """
    parted = normalize("NFKD", text.casefold()).translate(LETTERS)
    plain = "".join(letter for letter in parted if not combining(letter))
    return normalize("NFC", plain)  # Hangul is whole again


def _months() -> dict[str, int]:
    begun = defaultdict[str, set[int]](set)
    for index, name in enumerate(NAMES.split()):
        for end in range(3, len(without_accents(name)) + 1):
            begun[without_accents(name)[:end]].add(index % 12 + 1)
    months = {beginning: min(those) for beginning, those in begun.items() if len(those) == 1}
    return months | {
        without_accents(name): index % 12 + 1 for index, name in enumerate(f"{NAMES} {OTHER_NAMES}".split())
    }


MONTHS = _months()
"""The number of each month by its name or a beginning of it, without accents."""
