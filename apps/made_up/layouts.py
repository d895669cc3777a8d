"""The layout of every extract: headers in order, codes and date styles of each agency."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from apps.made_up.agencies import World
from apps.made_up.draws import Numbers, Texts, column, either, only, texts, words
from apps.made_up.identifiers import LA_CODE

UK, ISO, PLAIN = "%d/%m/%Y", "%Y-%m-%d", "%Y%m%d"


def _date(name: str, style: str = UK) -> pl.Expr:
    return pl.col(name).dt.strftime(style).alias(name)


def _street() -> pl.Expr:
    short = dict(zip(words("type"), words("short"), strict=True))
    kind = pl.when("short").then(pl.col("street_type").replace(short)).otherwise("street_type")
    return pl.concat_str("street", kind, separator=" ").alias("Street")


def _first_line(separator: str) -> pl.Expr:
    """Flat, number and street in one line."""
    numbered = pl.col("paon").str.contains(r"^\d")
    place = pl.concat_str(pl.col("paon"), pl.when(numbered).then(pl.lit(" ")).otherwise(pl.lit(", ")), _street())
    return pl.concat_str(pl.col("saon"), place, separator=separator, ignore_nulls=True)


def _one_line() -> pl.Expr:
    return pl.concat_str(_first_line(", "), "town", separator=", ").alias("Address")


def _year_group(nc: Numbers, chance: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Texts:
    """N1, N2, R, 1 to 13; X for the few who are in no year group."""
    names = {-2: "N1", -1: "N2", 0: "R"} | {n: str(n) for n in range(1, 14)}
    return np.array(
        ["X" if c < 0.002 else names.get(int(n), "X") for n, c in zip(nc, chance, strict=True)], dtype=object
    )


def school_census(rows: pl.DataFrame, world: World) -> pl.DataFrame:
    """Rolls. The XML files have the same columns except the last, the key."""
    school = world.lives.schools.frame[rows["school"].to_numpy()]
    rows = rows.hstack(school.select("estab", "urn", "school_name"))
    nc = column(_year_group(world.nc[rows["child"].to_numpy()], rows["chance"].to_numpy()))
    return rows.select(
        pl.lit(str(LA_CODE)).alias("LEA"),
        pl.col("estab").alias("Estab"),
        pl.col("urn").alias("URN"),
        pl.col("school_name").alias("SchoolName"),
        pl.col("upn").alias("UPN"),
        pl.col("former_upn").alias("FormerUPN"),
        pl.col("surname").alias("Surname"),
        pl.col("forename").alias("Forename"),
        pl.col("middle_names").alias("MiddleNames"),
        pl.coalesce("preferred_surname", "surname").alias("PreferredSurname"),
        pl.col("sex").fill_null("U").alias("Sex"),
        _date("born_on", ISO).alias("BirthDate"),
        nc.alias("NCyearActual"),
        pl.col("status").alias("EnrolStatus"),
        _date("entry_on", ISO).alias("EntryDate"),
        _date("leaving_on", ISO).alias("LeavingDate"),
        pl.col("saon").alias("SAON"),
        pl.col("paon").alias("PAON"),
        _street(),
        pl.col("town").alias("Town"),
        pl.col("postcode").alias("Postcode"),
        pl.col("uprn").alias("UPRN"),
    )


def admissions(rows: pl.DataFrame, world: World) -> pl.DataFrame:
    """Applications; either parent may have applied."""
    families = world.people.families[world.family[rows["child"].to_numpy()]]
    chance = rows["chance"].to_numpy()
    forename = np.where(chance < 0.72, texts(families["mother_forename"]), texts(families["father_forename"]))
    surname = np.where(chance < 0.72, texts(families["mother_surname"]), texts(families["father_surname"]))
    title = either(chance < 0.72, "Mrs ", "Mr ")
    parent = either((chance * 1000 % 1) < 0.08, title, "") + forename + " " + surname
    phone = only((chance * 100 % 1) >= 0.06, texts(families["phone"]))
    plain = (chance * 10 % 1) < 0.6
    phone = either(plain, texts(column(phone).str.replace_all(" ", "")), phone)
    return rows.hstack([column(parent).alias("parent"), column(phone).alias("phone")]).select(
        "ApplicationType",
        _date("AppliedOn"),
        pl.col("forename").alias("ChildForename"),
        pl.col("middle_names").alias("ChildMiddleName"),
        pl.col("surname").alias("ChildSurname"),
        _date("born_on").alias("DateOfBirth"),
        pl.col("sex").replace_strict({"F": "Female", "M": "Male"}, default="Not stated").alias("Gender"),
        _first_line(", ").alias("AddressLine1"),
        pl.col("town").alias("AddressLine2"),
        pl.col("postcode").alias("Postcode"),
        pl.col("parent").alias("ParentName"),
        pl.col("phone").alias("ParentPhone"),
        "OfferStatus",
        "OfferedURN",
        _date("ExpectedStartDate"),
    )


def housing(rows: pl.DataFrame, _world: World) -> pl.DataFrame:
    """Members of tenancies, with the name in one column."""
    style = pl.col("chance")
    title = pl.when(style < 0.55).then(pl.when("is_girl").then(pl.lit("Miss")).otherwise(pl.lit("Master")))
    reversed_ = pl.concat_str(pl.col("surname").str.to_uppercase(), pl.col("forename"), separator=", ")
    spoken = pl.concat_str(title, "forename", "middle_names", "surname", separator=" ", ignore_nulls=True)
    relation = (
        pl.when(style * 50 % 1 < 0.5)
        .then(pl.lit("Child"))
        .when("is_girl")
        .then(pl.lit("Daughter"))
        .otherwise(pl.lit("Son"))
    )
    return rows.select(
        (pl.lit("T") + (pl.col("tenancy") + 1).cast(pl.String).str.zfill(7)).alias("TenancyRef"),
        "Tenure",
        _date("TenancyStart"),
        _date("TenancyEnd"),
        pl.when(style < 0.3).then(reversed_).otherwise(spoken).alias("FullName"),
        _date("born_on").alias("DateOfBirth"),
        relation.alias("Relationship"),
        _one_line(),
        pl.col("postcode").alias("Postcode"),
        pl.col("uprn").alias("UPRN"),
        _date("LastVerified"),
    )


def health(rows: pl.DataFrame, _world: World) -> pl.DataFrame:
    """GP registrations, each with one of the district's three practices."""
    practice = pl.lit("Z") + (10001 + pl.col("district") * 3 + (pl.col("chance") * 3).floor().cast(pl.Int64)).cast(
        pl.String
    )
    return rows.select(
        pl.col("nhs_number").alias("NHSNumber"),
        pl.col("surname").alias("FamilyName"),
        pl.concat_str("forename", "middle_names", separator=" ", ignore_nulls=True).alias("GivenNames"),
        pl.col("sex").replace_strict({"F": "2", "M": "1"}, default="9").alias("Gender"),
        _date("born_on", PLAIN).alias("BirthDate"),
        _first_line(" ").alias("AddressLine1"),
        pl.col("town").alias("AddressLine2"),
        pl.col("postcode").alias("Postcode"),
        practice.alias("GPPractice"),
        _date("RegisteredFrom", ISO),
        _date("DeductionDate", ISO),
        _date("LastContact", ISO),
    )


def _list(*own: str, dates: tuple[str, ...] = ()) -> Callable[[pl.DataFrame, World], pl.DataFrame]:
    """Layout of the smaller lists: the same person columns, followed by columns of their own."""

    def layout(rows: pl.DataFrame, _world: World) -> pl.DataFrame:
        return rows.select(
            pl.col("upn").alias("UPN"),
            pl.col("surname").alias("Surname"),
            pl.col("forename").alias("Forename"),
            pl.col("middle_names").alias("MiddleNames"),
            _date("born_on").alias("DateOfBirth"),
            pl.col("sex").alias("Sex"),
            _one_line(),
            pl.col("postcode").alias("Postcode"),
            *(_date(name) if name in dates else pl.col(name) for name in own),
        )

    return layout


@dataclass(frozen=True)
class Layout:
    """How one source sends its file."""

    source: str
    key: str
    """Header of the key column."""
    prefix: str
    """First letters of its keys."""
    columns: Callable[[pl.DataFrame, World], pl.DataFrame]
    dates: dict[str, str]
    """Date columns, each with a date in its style that does not exist, for broken rows."""
    codes: tuple[str, ...] = ()
    """Columns with a closed list of codes."""
    encoding: str = "utf-8"
    key_is_last: bool = False


LAYOUTS = (
    Layout(
        "school_census",
        "RecordId",
        "CEN",
        school_census,
        {"BirthDate": "2015-02-31", "EntryDate": "2025-02-31"},
        ("Sex", "EnrolStatus"),
        key_is_last=True,
    ),
    Layout(
        "admissions",
        "ApplicationRef",
        "AP",
        admissions,
        {"DateOfBirth": "31/02/2015", "AppliedOn": "31/02/2026"},
        ("OfferStatus", "Gender"),
        "utf-8-sig",
    ),
    Layout(
        "housing", "PersonRef", "HS", housing, {"DateOfBirth": "31/02/2015", "LastVerified": "31/02/2026"}, (), "cp1252"
    ),
    Layout("health", "RecordId", "H", health, {"BirthDate": "20150231", "LastContact": "2026-02-31"}, ("Gender",)),
    Layout(
        "ehe_register",
        "RecordId",
        "EH",
        _list("NotifiedOn", "ClosedOn", "Suitability", dates=("NotifiedOn", "ClosedOn")),
        {},
    ),
    Layout(
        "alternative_provision",
        "RecordId",
        "AL",
        _list("Provider", "StartDate", "EndDate", dates=("StartDate", "EndDate")),
        {"StartDate": "31/02/2026"},
    ),
    Layout(
        "independent_schools",
        "RecordId",
        "IN",
        _list("School", "StartDate", dates=("StartDate",)),
        {"DateOfBirth": "31/02/2015"},
    ),
    Layout(
        "other_la",
        "RecordId",
        "OL",
        _list("ConfirmedOn", "ConfirmingLA", "SchoolName", dates=("ConfirmedOn",)),
        {"ConfirmedOn": "31/02/2026"},
    ),
    Layout(
        "social_care",
        "RecordId",
        "SC",
        _list("Status", "Opened", "Closed", "AddressProtected", dates=("Opened", "Closed")),
        {"Opened": "31/02/2026"},
        ("Status",),
    ),
    Layout(
        "referrals",
        "RecordId",
        "RF",
        _list("ReferredOn", "ReferredBy", "Concern", dates=("ReferredOn",)),
        {"ReferredOn": "31/02/2026"},
    ),
    Layout(
        "lost_pupils",
        "RecordId",
        "LP",
        _list("UploadedOn", "LastSchoolURN", dates=("UploadedOn",)),
        {"UploadedOn": "31/02/2026"},
    ),
)
"""The extracts, in the order in which they are written."""
