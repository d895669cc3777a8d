"""The parts of a contract for what a row says about its child, and what makes that less than certain. All frozen."""

import re
from typing import Literal

from pydantic import Field, model_validator

from data_contracts.parts import OneOrMany, Part, fault


class Doubt(Part):
    """A reason to take a statement as less than certain. It applies where all its conditions hold: columns with certain codes
    or words, dates of a certain age, dates before the child reached a school year."""

    when: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    older_than: dict[str, int] = Field(default_factory=dict)
    """Column with a date -> days: the doubt applies from this many days after the date; not if the date is empty."""
    before_year: dict[str, int] = Field(default_factory=dict)
    """Column with a date -> school year: the doubt applies to a child in that year or a later one, by the row's birth date, if
    the date is before it began (with Year 7: before the child moved to secondary school); not if the date is empty."""
    named: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Column with a name -> words: the doubt applies if the name has one of them, in either case."""
    not_named: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """As ``named``: the doubt does not apply if the name has one of these words."""
    because: str
    proves: float | None = Field(None, ge=0, le=1)
    """How far the statement still proves an education, 0..1; null: as in the settings (``doubtful_provision``)."""

    @model_validator(mode="after")
    def _applies_somewhere(self) -> "Doubt":
        if not (self.when or self.older_than or self.before_year or self.named):
            raise fault("a doubt needs when, older_than, before_year or named, or it would hold for every row", "when")
        if any(days < 1 for days in self.older_than.values()):
            raise fault("older_than takes days, 1 or more", "older_than")
        return self

    @property
    def patterns(self) -> tuple[tuple[str, str, bool], ...]:
        """For each column of names, a regular expression for the words, and whether it must match or must not."""
        conditions = ((self.named, True), (self.not_named, False))
        return tuple(
            (column, rf"(?i)\b(?:{'|'.join(map(re.escape, words))})\b", is_there)
            for names, is_there in conditions
            for column, words in names.items()
        )


class Statement(Part):
    """One thing that a row of this source says about its child; column names are ours (``Column.name``).

    ``provision``  the child is educated (``what``: in which way; ``place``: column with the school's name) from ``since`` to
                   ``until`` (an empty date: still).
    ``seen``       somebody saw or dealt with the child on each date in ``on``.
    ``lives_here`` an entry says that the child lives at the address from ``since`` to ``until``.
    ``left``       the source closed its entry on ``on``; ``what``, if given: why, or where to.
    ``concern``    a reason to look sooner, from ``since`` to ``until``; ``what`` names it, and ``place`` the school that is
                   promised, by a number or its name.
    ``protected``  the address must not be shown.
    ``died``       the child has died, and nobody is to ask the family anything; needs ``when``, or ``on``, the day of death.
    ``grown_up``   the row is about an adult of the household; always needs ``when``, and any birth date outweighs it.
    ``misdated``   a date in ``on`` lies more than half a year outside ``ages``, counted from the row's birth date. No child can
                   have met it at that age, so the birth date (or that date) was mistyped.
    For ``provision``, ``lives_here`` and ``concern``, ``holds_days`` may replace ``until``, or count where that is empty: days
    for which it holds after ``since``. A statement applies if each column in ``when`` has one of the meanings given (to all
    rows if ``when`` is empty); ``seen`` does not apply if a column in ``unless`` has one of the meanings given there.
    """

    kind: Literal["provision", "seen", "lives_here", "left", "concern", "protected", "died", "grown_up", "misdated"]
    what: str | None = None
    what_from: str | None = None
    """Column whose code gives it, instead of ``what`` (only a closed code list)."""
    place: OneOrMany = ()
    """Columns that name the school; the first that is not empty counts."""
    place_also: tuple[OneOrMany, ...] = ()
    """Columns with numbers by which others name that school; several columns together make one number, joined in order."""
    since: str | None = None
    until: str | None = None
    on: OneOrMany = ()
    holds_days: int | None = Field(None, gt=0)
    ages: tuple[int, int] | None = None
    """The first and the last age, in whole years, at which a child may have such a date (``misdated``)."""
    when: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    unless: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    doubts: tuple[Doubt, ...] = ()

    @property
    def dates(self) -> frozenset[str]:
        """Every column that the statement reads as a date."""
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
        if self.kind != "died" and (self.kind in ("seen", "left", "misdated")) != bool(self.on):
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
        if self.kind in ("died", "grown_up") and not (self.when or self.on):
            raise fault(f"{self.kind} needs when: the codes that say so; or, of died, on", "when")
        if self.holds_days and not self.since:
            raise fault("holds_days needs since", "holds_days")
        return self
