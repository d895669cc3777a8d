"""The families and their children: relatives, names, homes and moves."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from apps.made_up import naming
from apps.made_up.births import draw_births
from apps.made_up.draws import (
    NEVER,
    Dice,
    Flags,
    Numbers,
    Texts,
    column,
    day,
    days,
    either,
    only,
    pick,
    pick_shares,
    stream,
    table,
    texts,
)
from apps.made_up.places import Places, make_places

_AREA_CODES = ("0113", "0114", "0115", "0116", "0117", "0118", "0121", "0131", "0141", "0151", "0161")
DRAMA_PHONES = ("07700 900", "01632 960", "020 7946 0", *(f"{code} 496 0" for code in _AREA_CODES))
"""Numbers that Ofcom reserves for drama: with three more digits, each reaches nobody."""


@dataclass(frozen=True)
class People:
    """Everybody who lives, or lived, in the authority."""

    families: pl.DataFrame
    """One row per family: parents' names, phone, home, previous_home, moved_on, second_home (rows of dwellings; -1:
    none).
    """
    children: pl.DataFrame
    """One row per child: family, born_on, twin, is_girl, forename, middle_names, surname, other_surname,
    former_surname, renamed_on, known_as.
    """
    places: Places


def _make_kin(dice: Dice, families: pl.DataFrame) -> tuple[pl.DataFrame, Numbers]:
    """Make 8 families in 100 cousins of another, with the same origin and father's surname. -1: no relatives."""
    kin = np.full(families.height, -1)
    for _, rows in naming.each_origin(texts(families["origin"])):
        own = rows[dice.random(len(rows)) < 0.08]
        kin[own] = dice.choice(rows, size=len(own)) if len(rows) else own
    kin = np.where((kin >= np.arange(len(kin))) | (kin[np.maximum(kin, 0)] >= 0), -1, kin)
    has = kin >= 0
    columns = {name: texts(families[name]) for name in ("father_surname", "grandfather", "mother_surname")}
    old = columns["father_surname"].copy()
    for name in ("father_surname", "grandfather"):
        columns[name] = np.where(has, columns[name][kin], columns[name])
    takes = columns["mother_surname"] == old
    columns["mother_surname"] = np.where(takes, columns["father_surname"], columns["mother_surname"])
    return families.with_columns(**{name: column(values) for name, values in columns.items()}), kin


def _settle(dice: Dice, places: Places, origin: Texts, kin: Numbers) -> Numbers:
    """Give each family a home: communities live near each other, relatives often under one roof, some in a hostel room."""
    count = len(origin)
    district = places.dwellings["district"].to_numpy()
    wanted = np.zeros(count, dtype=np.int64)
    for _, rows in naming.each_origin(origin):
        liking = dice.dirichlet(np.full(places.districts, 1.5))
        wanted[rows] = dice.choice(places.districts, size=len(rows), p=liking)
    free = dice.permutation(places.ordinary)
    free = free[np.argsort(district[free], kind="stable")]
    order = np.argsort(wanted, kind="stable")
    home = np.empty(count, dtype=np.int64)
    home[order] = free[np.sort(dice.choice(len(free), size=count, replace=False))]
    together = (kin >= 0) & (dice.random(count) < 0.15)
    home = np.where(together, home[np.maximum(kin, 0)], home)
    for special, share in (
        (places.rooms, np.full(count, 0.015)),
        (places.plots, np.where(origin == "traveller", 0.5, 0.0)),
    ):
        rows = np.flatnonzero(dice.random(count) < share)[: len(special)]
        home[rows] = dice.permutation(special)[: len(rows)]
    return home


def _remove(dice: Dice, places: Places, home: Numbers, as_at: date) -> pl.DataFrame:
    """Make families move: their previous home, the day they moved, and for some a second home after the parents
    separated.
    """
    count = len(home)
    moved = dice.random(count) < 0.38
    moved_on = np.where(moved, day(as_at) - days(dice.random(count) ** 1.3 * 2200), NEVER)
    previous = np.where(moved, dice.choice(places.ordinary, size=count), -1)
    second = np.where(dice.random(count) < 0.10, dice.choice(places.ordinary, size=count), -1)
    return table({"home": home, "previous_home": previous, "moved_on": moved_on, "second_home": second})


def _phones(dice: Dice, count: int) -> Texts:
    prefix = pick(dice, DRAMA_PHONES, count)
    prefix[dice.random(count) < 0.35] = DRAMA_PHONES[0]
    phones: Texts = prefix + np.array([f"{n:03d}" for n in range(1000)], dtype=object)[dice.integers(1000, size=count)]
    return phones


def _middle_names(dice: Dice, families: pl.DataFrame, children: pl.DataFrame, forename: Texts) -> Texts:
    """Draw further given names, none equal to the forename; children with Chinese given names get none."""
    family, is_girl = children["family"].to_numpy(), children["is_girl"].to_numpy()
    origin = texts(families["origin"])[family]
    chance = dice.random(len(family))
    has = chance < np.where(np.isin(origin, ["british", "irish", "welsh", "traveller", "african"]), 0.72, 0.36)
    first, further = (naming.draw_forenames(dice, origin, is_girl) for _ in range(2))
    middle = only(has, either(chance < 0.08, first + " " + further, first))
    middle = only((origin != "chinese") & (first != forename) & (further != forename), middle)
    patronym = texts(families["bears"])[family] == "grandfather"
    middle = np.where(patronym, texts(families["father_forename"])[family], middle)
    sikh = (origin == "indian") & (dice.random(families.height) < 0.25)[family]
    return np.where(sikh, np.where(is_girl, "Kaur", "Singh"), middle)


def _mohammeds(dice: Dice, families: pl.DataFrame, children: pl.DataFrame, forename: Texts, middle: Texts) -> Flags:
    """Give the boys of some families Mohammed as first name, in place; returns which children."""
    family = children["family"].to_numpy()
    share = np.array([naming.MOHAMMED_FIRST.get(name, 0.0) for name in texts(families["origin"])])
    first = (dice.random(families.height) < share)[family] & ~children["is_girl"].to_numpy()
    middle[first] = forename[first]
    forename[first] = pick(dice, ["Mohammed", "Muhammad", "Mohammad"], families.height, 1.0)[family][first]
    flags: Flags = first
    return flags


def _known_as(dice: Dice, origin: Texts, forename: Texts, middle: Texts, mohammed: Flags) -> Texts:
    """The name a child goes by, if it is not the forename: a second name, an English one, a
    nickname.
    """
    count = len(forename)
    chance = dice.random(count)
    first_middle = texts(column(middle).str.split(" ").list.first())
    known = only((chance < 0.012) | (mohammed & (chance < 0.6)), first_middle)
    english = (origin == "chinese") & (dice.random(count) < 0.45)
    known[english] = pick(dice, naming.english_names(), int(english.sum()))
    short = naming.nicknames()
    nicked = np.flatnonzero(dice.random(count) < 0.08)
    for row in nicked:
        if known[row] is None and (forms := short.get(forename[row])):
            known[row] = forms[int(chance[row] * 1e6) % len(forms)]
    return known


def _plant_namesakes(dice: Dice, children: pl.DataFrame, families: pl.DataFrame) -> pl.DataFrame:
    """Give 1 child in 1,000 the names of an unrelated child, with a birth date on or within days of its, or a year earlier."""
    count = children.height
    only = children.select((pl.len().over("family") == 1).alias("x"))["x"].to_numpy()
    origin = texts(families["origin"])[children["family"].to_numpy()]
    key = pl.DataFrame({"origin": column(origin), "girl": children["is_girl"], "row": np.arange(count)})
    rows = np.flatnonzero(only & (dice.random(count) < 0.0025))
    born, forename, surname = (
        children["born_on"].to_numpy().copy(),
        texts(children["forename"]),
        texts(children["surname"]),
    )
    groups = {k: g["row"].to_numpy() for k, g in key.group_by("origin", "girl", maintain_order=True)}
    for row in rows:
        other = int(dice.choice(groups[(origin[row], children["is_girl"][int(row)])]))
        born[row] = min(born[other] + days(int(dice.choice([0, 1, 10, -30, 31, -365]))), born.max())
        forename[row], surname[row] = forename[other], surname[other]
    return children.with_columns(born_on=born, forename=column(forename), surname=column(surname))


def _name_children(dice: Dice, families: pl.DataFrame, children: pl.DataFrame, as_at: date) -> pl.DataFrame:
    family, is_girl = children["family"].to_numpy(), children["is_girl"].to_numpy()
    forename = naming.forenames_of_children(dice, families, children)
    middle = _middle_names(dice, families, children, forename)
    mohammed = _mohammeds(dice, families, children, forename, middle)
    surname = naming.surnames_of_children(dice, families, family, is_girl)
    origin = texts(families["origin"])[family]
    nameless = (origin == "afghan") & (dice.random(len(family)) < 0.08)
    surname[nameless] = forename[nameless]
    father, mother = texts(families["father_surname"])[family], texts(families["mother_born"])[family]
    renamed = (dice.random(families.height) < 0.03)[family]
    renamed_on = (day(as_at) - days(dice.random(families.height) * 1800))[family]
    former = only(renamed, surname)
    surname = np.where(renamed, naming.draw_surnames(dice, texts(families["origin"]))[family], surname)
    columns = {
        "forename": forename,
        "middle_names": middle,
        "surname": surname,
        "other_surname": np.where(surname == father, mother, father),
        "former_surname": former,
        "known_as": _known_as(dice, origin, forename, middle, mohammed),
    }
    return children.with_columns(
        **{name: column(values) for name, values in columns.items()},
        renamed_on=np.where(renamed, renamed_on, NEVER),
    )


def make_people(seed: int, children: int, as_at: date) -> People:
    """Make ``children`` children in their families, with names and homes."""
    born = draw_births(stream(seed, "births"), children, as_at)
    count = int(born["family"].max()) + 1  # type: ignore[arg-type]
    dice = stream(seed, "families")
    families = naming.name_families(dice, pick_shares(dice, naming.origins(), count))
    families, kin = _make_kin(dice, families)
    places = make_places(stream(seed, "places"), count)
    dice = stream(seed, "homes")
    home = _settle(dice, places, texts(families["origin"]), kin)
    families = families.hstack(_remove(dice, places, home, as_at)).with_columns(phone=column(_phones(dice, count)))
    dice = stream(seed, "children")
    named = _name_children(dice, families, born.with_columns(is_girl=dice.random(children) < 0.488), as_at)
    return People(families, _plant_namesakes(dice, named, families), places)
