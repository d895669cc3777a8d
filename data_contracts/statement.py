"""What a row of a source says about its child, and what makes that less than certain, as a contract has it. All frozen."""

import re
from typing import Literal

from pydantic import Field, model_validator

from data_contracts.parts import OneOrMany, Part, fault


class Doubt(Part):
    """A reason to hold a statement for less than certain: where its columns have these codes or words, its dates are so old,
    and it is from before the child came to a school year."""

    when: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    older_than: dict[str, int] = Field(default_factory=dict)
    """Column with a date -> days: the doubt applies from so many days after it on; an empty date is not old."""
    before_year: dict[str, int] = Field(default_factory=dict)
    """Column with a date -> school year: the doubt applies to a child in that year or later, by the row's birth date, where
    the date lies before it (with Year 7: before the child moved to secondary school); an empty date does not."""
    named: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Column with a name -> words: the doubt applies where the name has one of them, in letters of either case."""
    not_named: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """As ``named``: the doubt does not apply where the name has one of these words."""
    because: str
    proves: float | None = Field(None, ge=0, le=1)
    """How far the statement still proves an education, 0..1; null: as the settings have it (``doubtful_provision``)."""

    @model_validator(mode="after")
    def _applies_somewhere(self) -> "Doubt":
        if not (self.when or self.older_than or self.before_year or self.named):
            raise fault("a doubt needs when, older_than, before_year or named, or it would hold for every row", "when")
        if any(days < 1 for days in self.older_than.values()):
            raise fault("older_than takes days, 1 or more", "older_than")
        return self

    @property
    def patterns(self) -> tuple[tuple[str, str, bool], ...]:
        """Columns of names, a regular expression that finds one of the words, and whether it must find one or none."""
        told = ((self.named, True), (self.not_named, False))
        return tuple(
            (column, rf"(?i)\b(?:{'|'.join(map(re.escape, words))})\b", is_there)
            for names, is_there in told
            for column, words in names.items()
        )


class Statement(Part):
    """One thing that a row of this source says about its child; column names are ours (``Column.name``).

    ``provision``  the child is educated (``what``: the way; ``place``: column with the school's name) from ``since`` to
                   ``until`` (an empty date: still).
    ``seen``       somebody saw or dealt with the child on each date in ``on``.
    ``lives_here`` an entry that says the child lives at the address since ``since`` and until ``until``.
    ``left``       the source closed its entry on ``on``; ``what``, if it says so: why, or where to.
    ``concern``    a reason to look sooner, since ``since`` and until ``until``; ``what`` names it, and ``place`` the school
                   that is promised, by a number or its name.
    ``protected``  the address must not be shown.
    ``died``       the child has died, and nobody is to ask the family anything; it always needs ``when``.
    ``grown_up``   the row is about a grown-up of the household; it always needs ``when``, and any birth date outweighs it.
    ``misdated``   a day in ``on`` is one that no child of the row's birth date can have met: by more than half a year it lies
                   before the first or after the last of ``ages``, so that the birth date (or the day) was mistyped.
    ``holds_days`` says, instead of ``until``, for how long after ``since`` the first, the third and the fifth hold.
    A statement applies where each column in ``when`` has one of the meanings given (all rows, where ``when`` is empty), and
    ``seen`` not where a column in ``unless`` has one of those given there.
    """

    kind: Literal["provision", "seen", "lives_here", "left", "concern", "protected", "died", "grown_up", "misdated"]
    what: str | None = None
    what_from: str | None = None
    """Column whose code says what, instead of ``what`` (a closed code list only)."""
    place: OneOrMany = ()
    """Columns that name the school; the first that is filled holds."""
    place_also: tuple[OneOrMany, ...] = ()
    """Columns with numbers by which others name that school; of several together, the numbers one behind the other."""
    since: str | None = None
    until: str | None = None
    on: OneOrMany = ()
    holds_days: int | None = Field(None, gt=0)
    ages: tuple[int, int] | None = None
    """Whole years of age, the first and the last, in which a child may have such a day (``misdated``)."""
    when: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    unless: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    doubts: tuple[Doubt, ...] = ()

    @property
    def dates(self) -> frozenset[str]:
        """Every column that the statement reads a date from."""
        aged = (column for doubt in self.doubts for column in (*doubt.older_than, *doubt.before_year))
        return frozenset(column for column in (self.since, self.until, *self.on, *aged) if column)

    @property
    def conditions(self) -> tuple[dict[str, tuple[str, ...]], ...]:
        """Every condition of the statement and of its doubts: column -> meanings."""
        return (self.when, self.unless, *(doubt.when for doubt in self.doubts))

    @property
    def columns(self) -> frozenset[str]:
        """Every column that the statement reads."""
        numbers = (column for columns in self.place_also for column in columns)
        named = {column for column in (self.what_from, *self.place, *numbers) if column}
        named |= {column for doubt in self.doubts for column in (*doubt.named, *doubt.not_named)}
        return frozenset(self.dates | named | {column for condition in self.conditions for column in condition})

    @model_validator(mode="after")
    def _says_one_thing(self) -> "Statement":
        names_a_thing, things_named = self.kind in ("provision", "concern"), bool(self.what) + bool(self.what_from)
        if things_named > (names_a_thing or self.kind == "left") or (names_a_thing and not things_named):
            raise fault(
                "provision and concern need either what or what_from, left may have one, and no other kind", "kind"
            )
        if (self.kind in ("seen", "left", "misdated")) != bool(self.on):
            raise fault("seen, left and misdated, and no other kind, need on", "kind")
        if (self.kind == "misdated") != (self.ages is not None):
            raise fault("misdated, and no other kind, needs ages: the first and the last", "ages")
        if self.kind not in ("provision", "lives_here", "concern") and (self.since or self.until):
            raise fault("only provision, lives_here and concern have since and until", "kind")
        if self.kind not in ("provision", "concern") and self.place:
            raise fault("only provision and concern have place", "kind")
        if self.kind != "provision" and (self.place_also or self.doubts):
            raise fault("only provision has place_also and doubts", "kind")
        if self.place_also and not self.place:
            raise fault("place_also needs place, the column with the school's name", "place_also")
        if self.kind != "seen" and self.unless:
            raise fault("only seen has unless", "unless")
        if self.kind in ("died", "grown_up") and not self.when:
            raise fault(f"{self.kind} needs when: the codes that say so", "when")
        if self.holds_days and (self.until or not self.since):
            raise fault("holds_days needs since, and stands instead of until", "holds_days")
        return self
