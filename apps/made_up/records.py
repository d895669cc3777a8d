"""From what an agency knows to what it writes: the person columns of each record."""

from dataclasses import dataclass
from random import Random

import numpy as np
import polars as pl

from apps.made_up import errors
from apps.made_up.agencies import World
from apps.made_up.draws import YEAR, Days, Dice, Flags, Numbers, Texts, days, either, only, said, stream, table, texts
from apps.made_up.error_rates import ErrorRates
from apps.made_up.identifiers import LA_CODE, issue_upns, make_nhs_numbers


@dataclass(frozen=True)
class Habit:
    """How one source writes, where it differs from the others."""

    known_as: float = 0.25
    """Among children who go by another name, the share of records with that name."""
    capitals: float | None = None
    """Share of names in capitals; null: as in the error rates."""
    upn_missing: float | None = None
    """Share of records without UPN; null: as in the error rates."""
    dob_missing: float = 1.0
    """How many times as often as in the error rates a birth date is missing."""
    second_home: float = 0.2
    """Among children with two homes, the share of records with the other parent's address."""


HABITS = {
    "school_census": Habit(known_as=0.10, second_home=0.12),
    "health": Habit(known_as=0.03, capitals=0.85),
    "admissions": Habit(known_as=0.3),
    "housing": Habit(known_as=0.25, capitals=0.28, dob_missing=15.0),
    "independent_schools": Habit(upn_missing=1.0),
    "lost_pupils": Habit(upn_missing=0.2),
}


@dataclass(frozen=True)
class Numbered:
    """The numbers that children have, in the order of the children."""

    upn: Texts
    former_upn: Texts
    temporary_upn: Texts
    nhs_number: Texts
    second_nhs_number: Texts


def give_numbers(seed: int, world: World, enrolments: pl.DataFrame, rates: ErrorRates) -> Numbered:
    """Give every child an NHS number, and a UPN to all who ever went to a state school."""
    dice = stream(seed, "numbers")
    count = len(world.nc)
    first = enrolments.sort("entry_on", "child", maintain_order=True).unique("child", keep="first", maintain_order=True)
    estab = np.full(count, -1)
    entered = np.full(count, 0)
    child = first["child"].to_numpy()
    estab[child] = world.lives.schools.frame["estab"].cast(pl.Int64).to_numpy()[first["school"].to_numpy()]
    entered[child] = first["entry_on"].dt.year().to_numpy()
    elsewhere = (estab < 0) & (world.nc >= 1) & (dice.random(count) < np.where(world.state == "preschool", 0.0, 0.55))
    elsewhere |= (
        (estab >= 0) & ~np.isnat(world.arrived_on) & (world.arrived_on > world.born_on + days(np.full(count, 5 * YEAR)))
    )
    year = np.where(
        elsewhere,
        (world.born_on + days(np.full(count, 4.7 * YEAR))).astype("datetime64[Y]").astype(int) + 1970,
        entered,
    )
    school = np.where(elsewhere, dice.integers(2001, 2400, size=count), estab)
    la = np.where(elsewhere, 990 + dice.integers(9, size=count), LA_CODE)
    upn = only(school > 0, issue_upns(np.maximum(school, 0), year % 100, la))
    temporary = issue_upns(np.maximum(school, 0), year % 100, la, temporary=True)
    has_temporary = said(upn) & (dice.random(count) < rates.upn_temporary)
    two = said(upn) & (dice.random(count) < rates.two_upns)
    other = issue_upns(dice.integers(2401, 2900, size=count), year % 100, la)
    former = either(has_temporary, temporary, only(two, other))
    nhs = make_nhs_numbers(dice, count + count // 5)
    second = np.concatenate([nhs[count:], np.full(count - count // 5, None, dtype=object)])[dice.permutation(count)]
    return Numbered(upn, former, only(has_temporary & (dice.random(count) < 0.5), temporary), nhs[:count], second)


def _home(dice: Dice, world: World, rows: pl.DataFrame, rates: ErrorRates, second_home: float) -> Numbers:
    """Row of the dwelling in each record: the home on the day the child was last seen, or an older one."""
    child = rows["child"].to_numpy()
    family = world.family[child]
    home, before, second = (
        world.people.families[name].to_numpy()[family] for name in ("home", "previous_home", "second_home")
    )
    moved, seen = world.people.families["moved_on"].to_numpy()[family], rows["seen_on"].to_numpy()
    arrived = world.arrived_on[child]
    lived_before = (before >= 0) & (np.isnat(arrived) | (arrived < moved))
    was_told = dice.random(len(child)) < 0.6
    late = ((moved > seen) & ~was_told) | (dice.random(len(child)) < rates.old_address)
    where = np.where(lived_before & late, before, home)
    where = np.where((second >= 0) & (dice.random(len(child)) < second_home), second, where)
    fixed = rows["home"].to_numpy()
    return np.where(fixed >= 0, fixed, where)


def _is_second(rows: pl.DataFrame) -> Flags:
    """True for a second registration of the same child with the same agency."""
    return rows["second"].to_numpy() if "second" in rows.columns else np.zeros(rows.height, dtype=bool)


def _names(dice: Dice, world: World, rows: pl.DataFrame, rates: ErrorRates, habit: Habit) -> dict[str, Texts]:
    """Names as the agency knows them: those of the time, and those the child goes by."""
    child = rows["child"].to_numpy()
    names = ("forename", "middle_names", "surname", "other_surname", "former_surname", "known_as")
    own = {name: texts(world.people.children[name])[child] for name in names}
    renamed = world.people.children["renamed_on"].to_numpy()[child]
    chance = dice.random((4, len(child)))
    was_called = (renamed > rows["seen_on"].to_numpy()) | (chance[0] < rates.former_surname)
    is_old = said(own["former_surname"]) & was_called
    surname = either(is_old, own["former_surname"], own["surname"])
    by_other = chance[1] < np.where(_is_second(rows), 0.55, rates.other_parents_surname)
    surname = either(by_other, own["other_surname"], surname)
    called = said(own["known_as"]) & (chance[2] < habit.known_as)
    middle = either(called & (own["known_as"] == own["middle_names"]), own["forename"], own["middle_names"])
    beside = called & (texts(world.people.families["origin"])[world.family[child]] == "chinese") & (chance[3] < 0.6)
    return {
        "forename": either(called, own["known_as"], own["forename"]),
        "middle_names": either(beside, own["forename"], middle),
        "surname": surname,
        "preferred_surname": only(is_old & (chance[3] < 0.5), own["surname"]),
    }


def _numbers(dice: Dice, world: World, rows: pl.DataFrame, numbered: Numbered, rates: ErrorRates) -> dict[str, Texts]:
    child = rows["child"].to_numpy()
    still = numbered.temporary_upn[child]
    is_old = said(numbered.former_upn)[child] & (dice.random(len(child)) < 0.3)
    upn = either(is_old, numbered.former_upn[child], either(said(still), still, numbered.upn[child]))
    former = only(~is_old & ~said(still), numbered.former_upn[child])
    has_elder = world.family[np.maximum(child - 1, 0)] == world.family[child]
    sibling = np.where(has_elder, np.maximum(child - 1, 0), np.minimum(child + 1, len(world.family) - 1))
    copied = (world.family[sibling] == world.family[child]) & (dice.random(len(child)) < rates.upn_of_sibling)
    other = _is_second(rows) & said(numbered.second_nhs_number)[child]
    return {
        "upn": either(copied, numbered.upn[sibling], upn),
        "former_upn": former,
        "nhs_number": either(other, numbered.second_nhs_number[child], numbered.nhs_number[child]),
    }


def write_down(
    world: World, rows: pl.DataFrame, numbered: Numbered, *, seed: int, source: str, rates: ErrorRates
) -> pl.DataFrame:
    """Add the person columns to an agency's rows, as the agency writes them, with errors; the rows are shuffled."""
    dice, habit = stream(seed, f"write {source}"), HABITS.get(source, Habit())
    rows = rows[dice.permutation(rows.height)]
    child = rows["child"].to_numpy()
    writing = errors.Writing(
        rates,
        rates.capitals if habit.capitals is None or not rates.capitals else habit.capitals,
        dice,
        Random(int(dice.integers(2**62))),
    )
    person = _names(dice, world, rows, rates, habit) | _numbers(dice, world, rows, numbered, rates)
    dwelling = world.people.places.dwellings[_home(dice, world, rows, rates, habit.second_home)]
    person |= {
        name: texts(dwelling[name]) for name in ("saon", "paon", "street", "street_type", "town", "postcode", "uprn")
    }
    is_girl = world.people.children["is_girl"].to_numpy()[child]
    sex = np.where(is_girl, "F", "M").astype(object)
    born_on: Days = world.born_on[child].copy()
    is_baby = (born_on > world.today - days(730)) & (source == "health")
    errors.spoil_names(writing, person, is_baby, is_girl)
    errors.spoil_birth_dates(
        writing, born_on, ~np.isnat(world.arrived_on[child]), min(1.0, rates.dob_missing * habit.dob_missing)
    )
    errors.spoil_sex(writing, sex)
    errors.spoil_addresses(writing, person)
    elsewhere = rates.upn_missing if source == "school_census" else rates.upn_missing_elsewhere
    errors.spoil_numbers(writing, person, elsewhere if habit.upn_missing is None else habit.upn_missing)
    short = dice.random(len(child)) < rates.address_abbreviation
    columns = {"sex": sex, "born_on": born_on, "short": short, "is_girl": is_girl, "chance": dice.random(len(child))}
    return rows.hstack(table({**person, **columns, "district": dwelling["district"].to_numpy()}))
