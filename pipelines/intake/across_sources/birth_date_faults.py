"""Faults of whole lists in their birth dates, found by what other sources say of the same children, and read around."""

from dataclasses import dataclass

import polars as pl

from pipelines.intake.across_sources.grown_up_dates import GrownUpDates, grown_up_dates, without_grown_up_dates
from pipelines.intake.across_sources.misread_dates import MisreadDates, misread_dates, with_dates_put_right
from pipelines.intake.across_sources.stand_in_days import StandInDay, stand_in_days, without_days_that_stand_in


@dataclass(frozen=True)
class BirthDateFaults:
    """What tonight's lists get wrong in their birth dates as a whole, each fault in what the earlier ones leave."""

    stand_in: list[StandInDay]
    grown_up: list[GrownUpDates]
    misread: list[MisreadDates]


def birth_date_faults(person: pl.DataFrame) -> BirthDateFaults:
    """The faults of the sources of ``person`` (``PERSON_RECORD``)."""
    stand_in = stand_in_days(person)
    person = without_days_that_stand_in(person, stand_in)
    grown_up = grown_up_dates(person)
    return BirthDateFaults(stand_in, grown_up, misread_dates(without_grown_up_dates(person, grown_up)))


def without_birth_date_faults(person: pl.DataFrame, faults: BirthDateFaults) -> pl.DataFrame:
    """``person`` (``PERSON_RECORD``, the records in which ``faults`` were found or the same with other UPNs): without days
    that stand for all days and without grown-ups' dates, and with dates put right that are misread in one way."""
    person = without_days_that_stand_in(person, faults.stand_in)
    return with_dates_put_right(without_grown_up_dates(person, faults.grown_up), faults.misread)
