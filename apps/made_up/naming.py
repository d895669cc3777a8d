"""Names families and children as their communities do. The lists are data/names.csv, the customs data/origins.csv."""

from functools import cache

import numpy as np
import polars as pl

from apps.made_up.draws import Dice, Flags, Numbers, Texts, by_rank, column, listed, pick, table, texts

FORENAMES = 0.75
"""How steeply the frequency of forenames falls with their rank (exponent)."""
SURNAMES = 0.8
BRITISH_FORENAME = {
    **{"chinese": 0.0, "pakistani": 0.03, "bangladeshi": 0.03, "arab": 0.05, "somali": 0.02, "afghan": 0.0},
    **{"african": 0.3, "traveller": 0.3, "irish": 0.4, "welsh": 0.4, "polish": 0.12, "romanian": 0.12},
}
"""Share of families of other origins that give a name common in Britain; 0.1 for origins not here."""
MOHAMMED_FIRST = {"pakistani": 0.12, "bangladeshi": 0.15, "arab": 0.06, "somali": 0.05, "afghan": 0.05}
"""Share of families in which every boy has Mohammed as first name, and is known by the second."""
PATRONYM = {"somali": 0.8, "arab": 0.25, "afghan": 0.4}
"""Share of families whose children have their father's and grandfather's names."""


@cache
def names(origin: str, part: str) -> tuple[str, ...]:
    """Names of one origin, the commonest first; empty if there are none."""
    found = listed("names.csv").filter(origin=origin, part=part)["names"].to_list()
    return tuple(found[0].split(";")) if found else ()


@cache
def english_names() -> tuple[str, ...]:
    """English names that children with Chinese names often go by at school."""
    return tuple(listed("variants.csv").filter(kind="english")["names"].item().split(";"))


def origins() -> dict[str, float]:
    """Share of families by the origin of their names."""
    table = listed("origins.csv")
    return dict(zip(table["origin"].to_list(), table["share"].to_list(), strict=True))


def each_origin(origin: Texts) -> list[tuple[str, Numbers]]:
    """Rows by origin, in the order of the list."""
    return [(name, np.flatnonzero(origin == name)) for name in origins()]


def draw_forenames(dice: Dice, origin: Texts, is_girl: Flags) -> Texts:
    """Draw a forename for each row."""
    drawn = np.empty(len(origin), dtype=object)
    for name, rows in each_origin(origin):
        for part, chosen in (("girl", rows[is_girl[rows]]), ("boy", rows[~is_girl[rows]])):
            drawn[chosen] = pick(dice, names(name, part), len(chosen), FORENAMES)
    return drawn


def draw_surnames(dice: Dice, origin: Texts) -> Texts:
    """Draw a surname for each row: one from the list, or a rare one made of a stem and an ending."""
    drawn = np.empty(len(origin), dtype=object)
    tail = dict(listed("origins.csv").select("origin", "tail").rows())
    for name, rows in each_origin(origin):
        drawn[rows] = pick(dice, names(name, "surname"), len(rows), SURNAMES)
        rare = rows[dice.random(len(rows)) < tail[name]]
        if len(rare):
            stems, endings = names(name, "stem"), names(name, "ending")
            built = np.array([stem + ending for stem in stems for ending in endings], dtype=object)
            drawn[rare] = dice.permutation(built)[by_rank(dice, len(rare), len(built), 0.4)]
    return drawn


def _feminine(surname: Texts) -> Texts:
    """The daughter's form of a surname in which names have gender: Kowalski, Kowalska."""
    return texts(column(surname).str.replace(r"(s|c|dz)ki$", "${1}ka"))


def name_families(dice: Dice, origin: Texts) -> pl.DataFrame:
    """One row per family: the parents' names, and which surname the children have (``bears``)."""
    count = len(origin)
    mixed = dice.random(count) < 0.08
    mother_origin = np.where(mixed, origin[dice.permutation(count)], origin)
    mother_born = draw_surnames(dice, mother_origin)
    father = draw_surnames(dice, origin)
    bears = np.array(["father", "mother", "double", "father, mother keeps hers"], dtype=object)[
        np.searchsorted([0.62, 0.82, 0.90], dice.random(count), side="right")
    ]
    customs = dict(listed("origins.csv").select("origin", "surname_custom").rows())
    custom = np.array([customs[name] for name in origin], dtype=object)
    patronym = dice.random(count) < np.array([PATRONYM.get(name, 0.0) for name in origin])
    bears = np.where(
        patronym, "grandfather", np.where(custom == "family", bears, np.where(custom == "double", "both", custom))
    )
    bears = np.where(bears == "patronym", "father, mother keeps hers", bears)
    married = (bears == "father") & (dice.random(count) < 0.85) | (bears == "gendered")
    mother = np.where(married, np.where(custom == "gendered", _feminine(father), father), mother_born)
    is_girl = np.ones(count, dtype=bool)
    return table(
        {
            "origin": origin,
            "mother_origin": mother_origin,
            "bears": bears,
            "mother_forename": draw_forenames(dice, mother_origin, is_girl),
            "mother_surname": mother,
            "mother_born": mother_born,
            "father_forename": draw_forenames(dice, origin, ~is_girl),
            "father_surname": father,
            "grandfather": draw_forenames(dice, origin, ~is_girl),
        }
    )


def surnames_of_children(dice: Dice, families: pl.DataFrame, family: Numbers, is_girl: Flags) -> Texts:
    """Draw each child's surname, by the custom of the family."""
    of = {
        name: texts(families[name])[family]
        for name in ("bears", "father_surname", "mother_born", "grandfather", "origin")
    }
    bears, father, mother = of["bears"], of["father_surname"], of["mother_born"]
    surname = np.where(bears == "mother", mother, father)
    surname = np.where(bears == "double", mother + "-" + father, surname)
    surname = np.where(bears == "both", mother + " " + father, surname)
    surname = np.where(bears == "grandfather", of["grandfather"], surname)
    surname = np.where((bears == "gendered") & is_girl, _feminine(father), surname)
    for name in ("pakistani", "bangladeshi"):
        own = (bears == "by_sex") & (of["origin"] == name)
        by_family = pick(dice, names(name, "girl_surname"), families.height, 0.9)[family]
        takes = (dice.random(families.height) < 0.5)[family]
        surname = np.where(own & is_girl & takes, by_family, surname)
        brothers = own & ~is_girl & (dice.random(len(family)) < 0.12)
        surname[brothers] = draw_surnames(dice, of["origin"][brothers])
    return surname


def forenames_of_children(dice: Dice, families: pl.DataFrame, children: pl.DataFrame) -> Texts:
    """Draw forenames so that no two siblings have the same one."""
    family = children["family"].to_numpy()
    is_girl = children["is_girl"].to_numpy()
    origin, mother_origin = texts(families["origin"])[family], texts(families["mother_origin"])[family]
    british = dice.random(len(family)) < np.array([BRITISH_FORENAME.get(name, 0.1) for name in origin])
    source = np.where(british, "british", np.where(dice.random(len(family)) < 0.4, mother_origin, origin))
    drawn = draw_forenames(dice, source, is_girl)
    for _ in range(8):
        frame = pl.DataFrame({"family": family, "forename": column(drawn)})
        again = frame.select(~pl.struct(pl.all()).is_first_distinct()).to_series().to_numpy()
        if not again.any():
            break
        drawn[again] = draw_forenames(dice, source[again], is_girl[again])
    return drawn


@cache
def nicknames() -> dict[str, tuple[str, ...]]:
    """Short forms by full forename."""
    groups = [names.split(";") for names in listed("variants.csv").filter(kind="nickname")["names"]]
    return {group[0]: tuple(group[1:]) for group in groups}


@cache
def spellings() -> dict[str, tuple[str, ...]]:
    """Name -> its other spellings."""
    groups = [names.split(";") for names in listed("variants.csv").filter(kind="spelling")["names"]]
    found: dict[str, tuple[str, ...]] = {}
    for group in groups:
        for name in group:
            found[name] = found.get(name, ()) + tuple(other for other in group if other != name)
    return found
