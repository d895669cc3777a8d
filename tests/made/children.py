"""Literal children, drawn one record at a time, and the tables made from them."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from pipelines.children.provision import find_provision
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.rank import Ranked, rank
from pipelines.priority import Circumstances
from pipelines.rank_settings import RankSettings
from pipelines.reports.life import LIFE_READS
from pipelines.tables import CHILD_RECORD, NIGHT, PERSON, RESIDENCE, RIVAL, SCHOOL, STATEMENT, TABLES

AS_AT = date(2026, 11, 20)
ELEVEN = date(2015, 5, 14)
"""A birth date of compulsory school age on ``AS_AT``."""
THREE = date(2023, 5, 14)
SOURCE_NAMES = {"school_census": "School census", "health": "GP registrations"}

Row = dict[str, object]


@dataclass
class Drawn:
    """Tables that grow with each record, statement, rival and residence that is drawn."""

    persons: list[Row] = field(default_factory=list)
    statements: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)
    rivals: list[Row] = field(default_factory=list)
    residences: list[Row] = field(default_factory=list)
    schools: list[tuple[str, str, str]] = field(default_factory=list)
    """Rows of ``SCHOOL``: the numbers by which other sources name the schools of a roll."""

    def record(
        self, record_id: str, child_id: str, born: date | None = ELEVEN, sure: float = 1.0, **more: object
    ) -> "Drawn":
        """One person record of one child."""
        blank: Row = dict.fromkeys(PERSON.names())
        shown = {"forename_shown": "Amira", "surname_shown": "Haddad", "address_shown": None, "postcode_shown": None}
        dataset = record_id.partition(":")[0]
        base = {"record_id": record_id, "dataset": dataset, "date_of_birth": born, "other_surnames": []}
        self.persons.append({**blank, **base, **shown, **more})
        self.members.append({"record_id": record_id, "child_id": child_id, "membership": sure})
        return self

    def says(
        self,
        record_id: str,
        kind: str,
        what: str | None = None,
        since: date | None = None,
        until: date | None = None,
        **more: object,
    ) -> "Drawn":
        """One statement of a record."""
        row: Row = {"record_id": record_id, "source": record_id.partition(":")[0], "kind": kind, "what": what}
        self.statements.append({**row, "place": None, "since_on": since, "until_on": until, "doubt": None, **more})
        return self

    def on_roll(self, record_id: str, since: date | None = None, until: date | None = None, **more: object) -> "Drawn":
        """A roll entry."""
        return self.says(
            record_id, "provision", "state school", since, until, **{"place": "Keats Primary School", **more}
        )

    def rivalry(self, left: tuple[str, str], right: tuple[str, str], probability: float) -> "Drawn":
        """Two children, each given as (child, record), that may be one; rows for both orders."""
        for (child_id, record_id), (other, other_record) in ((left, right), (right, left)):
            self.rivals.append(
                {
                    "child_id": child_id,
                    "rival_child_id": other,
                    "probability": probability,
                    "record_id": record_id,
                    "rival_record_id": other_record,
                    "match_weight": 3.0,
                    "levels": "names: alike",
                }
            )
        return self

    def lives(
        self, child_id: str, living_here: float, because: str = "the GP saw the child in October 2026"
    ) -> "Drawn":
        """How likely a child still lives here."""
        seen: Row = {"last_seen_on": date(2026, 10, 3), "last_seen_by": "GP registrations"}
        self.residences.append({"child_id": child_id, "living_here": living_here, "because": because, **seen})
        return self

    def tables(self, as_at: date = AS_AT) -> dict[str, pl.DataFrame]:
        """The tables that rank reads; ``schools``, which is optional, only if any were drawn."""
        child_records = pl.DataFrame(self.members, schema=CHILD_RECORD)
        statements = pl.DataFrame(self.statements, schema=STATEMENT)
        return {
            "person": pl.DataFrame(self.persons, schema=PERSON),
            "statements": statements,
            "child_records": child_records,
            "rivals": pl.DataFrame(self.rivals, schema=RIVAL),
            "provision": find_provision(statements, child_records, as_at),
            "residence": pl.DataFrame(self.residences, schema=RESIDENCE),
            **({"schools": pl.DataFrame(self.schools, schema=SCHOOL, orient="row")} if self.schools else {}),
        }

    def circumstances(self) -> Circumstances:
        """What a priority factor reads about all children drawn, with the first birth date of each."""
        tables = self.tables()
        child_records = tables["child_records"]
        births = child_records.join(tables["person"], on="record_id").group_by("child_id", maintain_order=True)
        return Circumstances(
            statements=child_records.select("child_id", "record_id").join(tables["statements"], on="record_id"),
            provision=tables["provision"],
            births=births.agg(pl.col("date_of_birth").drop_nulls().first()),
            as_at=AS_AT,
            schools=pl.DataFrame(self.schools, schema=SCHOOL, orient="row"),
        )

    def inputs(self, settings: RankSettings | None = None, as_at: date = AS_AT, **more: pl.DataFrame) -> ListInputs:
        """What the list of the children drawn is made from; ``more``: further tables that rank reads."""
        settings = settings or RankSettings()
        return ListInputs(**self.tables(as_at), **more, as_at=as_at, settings=settings, source_names=SOURCE_NAMES)

    def ranked(self, settings: RankSettings | None = None, as_at: date = AS_AT, **more: pl.DataFrame) -> Ranked:
        """The list of the children drawn; ``more``: further tables that rank reads."""
        return rank(self.inputs(settings, as_at, **more))

    def night(self) -> dict[str, pl.DataFrame]:
        """The tables of the store after the night, by name."""
        tables, ranked = self.tables(), self.ranked()
        return {
            "night": pl.DataFrame({"as_at": [AS_AT], "started_at": [None], "published_at": [None]}, schema=NIGHT),
            "person_record": tables["person"],
            "statement": tables["statements"],
            "child_record": tables["child_records"],
            "rival": tables["rivals"],
            "provision": tables["provision"],
            "residence": tables["residence"],
            "finding": ranked.findings,
            "candidate": ranked.candidates,
            "explained": ranked.explained,
            **{name: TABLES[name].to_frame() for name in LIFE_READS},
        }


def listed(drawn: Drawn, child_id: str = "CH1", **settings: object) -> dict[str, object]:
    """The child's row on the list."""
    candidates = drawn.ranked(RankSettings.model_validate(settings)).candidates
    return candidates.row(by_predicate=pl.col("child_id") == child_id, named=True)


def explained(drawn: Drawn, child_id: str = "CH1") -> dict[str, object]:
    """The child's row among the explained children."""
    return drawn.ranked().explained.row(by_predicate=pl.col("child_id") == child_id, named=True)


def known_to_gp(child_id: str = "CH1", **more: object) -> Drawn:
    """One child with one GP record."""
    return Drawn().record(f"health:{child_id}", child_id, **more)  # type: ignore[arg-type]
