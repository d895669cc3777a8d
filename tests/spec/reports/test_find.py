"""`rollcall find`: is this child in it? Asked by name and birth date, told by id, however either side writes them."""

import io
from datetime import date

import polars as pl
import pytest

from apps.cli.main import main
from matching.weights.model import Model
from pipelines.linking.model_file import kept_model
from pipelines.listing.route import ADOPTION
from pipelines.reports.find import EARLIER, FIND_READS, TONIGHT, ChildSought, child_sought, find, found_words
from pipelines.settings import SettingsError
from pipelines.store import Store
from tests.conftest import FirstNight

Tables = dict[str, pl.DataFrame]

HER = {"forename": "Wilhelmina", "surname": "Quackenbush", "date_of_birth": date(2014, 3, 12)}
RECORD = "health:HER"


@pytest.fixture(scope="module")
def night(quick_night: FirstNight) -> tuple[Tables, Model]:
    """A night on whose list a child has the names and the birth date that are asked for."""
    workspace = quick_night.settings.workspace
    with Store(workspace, read_only=True) as store:
        tables = {table: store.read(table) for table in (*FIND_READS, "lead")}
    child = tables["candidate"].filter(~pl.col("restricted"))["child_id"][0]
    is_her = pl.col("child_id") == child
    records = tables["child_record"].filter(is_her)["record_id"]
    called = {
        "forename": "WILHELMINA",
        "given_names": "WILHELMINA",
        "surname": "QUACKENBUSH",
        "surname_parts": ["QUACKENBUSH"],
        "forename_shown": HER["forename"],
        "surname_shown": HER["surname"],
        "date_of_birth": HER["date_of_birth"],
        "middle_names": None,
    }
    of_her = pl.col("record_id").is_in(records.implode())
    schema = tables["person_record"].schema
    tables["person_record"] = tables["person_record"].with_columns(
        pl.when(of_her).then(pl.lit(value, dtype=schema[name])).otherwise(pl.col(name)).alias(name)
        for name, value in called.items()
    )
    tables["candidate"] = tables["candidate"].with_columns(
        pl.when(is_her).then(pl.lit(HER[name])).otherwise(pl.col(name)).alias(name) for name in HER
    )
    tables["candidate"] = tables["candidate"].with_columns(child_id=pl.col("child_id").replace({child: "CHHER"}))
    tables["child_record"] = tables["child_record"].with_columns(child_id=pl.col("child_id").replace({child: "CHHER"}))
    return tables, kept_model(workspace)


@pytest.mark.parametrize(
    ("forename", "surname", "born", "agrees"),
    [
        ("Wilhelmina", "Quackenbush", "12/03/2014", "forename: exact; surname: exact; date of birth: exact"),
        ("WILHELMINA", "quackenbush", "2014-03-12", "forename: exact; surname: exact; date of birth: exact"),
        ("Wilhelmina", "Quackenbush", "", "forename: exact; surname: exact"),
        ("", "Quackenbush", "12/03/2014", "surname: exact; date of birth: exact"),
        ("Wilhelmina", "Quackenbusch", "12/03/2014", "forename: exact; surname: one slip; date of birth: exact"),
        ("Wilhelmina", "Quackenbush", "03/12/2014",
         "forename: exact; surname: exact; date of birth: day and month swapped"),
        ("Wilhelmina", "Haddad", "12/03/2014",
         "forename: exact; surname: different, perhaps changed; date of birth: exact"),
        ("Quackenbush", "Wilhelmina", "12/03/2014",
         "forename: forename and surname swapped; surname: swapped, weighed with the forename; date of birth: exact"),
    ],
)  # fmt: skip
def test_the_child_is_found_as_the_night_would_find_it(
    night: tuple[Tables, Model], forename: str, surname: str, born: str, agrees: str
) -> None:
    found = find(child_sought(forename, surname, born), *night)
    assert found.row(0, named=True) | {"weight": 0.0} == {
        "child_id": "CHHER",
        "where": TONIGHT,
        "agrees": agrees,
        "weight": 0.0,
        "is_listed": True,
    }
    assert found["child_id"].is_unique().all(), "a child of several records is told once"


def test_nobody_is_found_where_nobody_comes_near(night: tuple[Tables, Model]) -> None:
    found = find(ChildSought("Zebedee", "Ostrowidzki", date(2011, 8, 30)), *night)
    assert found.is_empty()
    words = found_words(found, night[0])
    assert words.startswith(
        "No child with that name and birth date, or close to them, was found. Leave out the birth date"
    )
    assert "identities from before an adoption" in words, "nobody takes it for more than it is"


def test_of_many_the_ten_likeliest_are_told_and_the_others_where_all_are_asked_for(
    night: tuple[Tables, Model],
) -> None:
    named = pl.lit("CH") + pl.int_range(12, dtype=pl.Int64).cast(pl.String)
    found = pl.select(
        child_id=named, where=pl.lit(TONIGHT), agrees=pl.lit("surname: exact"), weight=9.0, is_listed=False
    )
    words = found_words(found, night[0])
    assert "CH9" in words
    assert "CH10" not in words
    assert "and 2 more" in words
    assert "--all" in words
    everyone = found_words(found, night[0], most=12)
    assert "CH11" in everyone
    assert " more." not in everyone


def test_a_namesake_is_found_to_the_letter_before_one_that_weighs_more(night: tuple[Tables, Model]) -> None:
    """A rare name with a slip weighs more than a common one without: whoever asks by a common name wants that first."""
    tables, model = night
    names = tables["person_record"].group_by("forename_shown", "surname_shown").len().drop_nulls()
    common = names.sort("len", "forename_shown", "surname_shown", descending=[True, False, False]).row(0)
    found = find(ChildSought(common[0], common[1], None), tables, model)
    exact = found["agrees"] == "forename: exact; surname: exact"
    assert exact.sum() >= 1
    assert exact.to_list() == sorted(exact, reverse=True)


@pytest.mark.parametrize("name", ["forename", "surname", "birth date"])
def test_one_thing_alone_is_not_looked_up(night: tuple[Tables, Model], name: str) -> None:
    asked = {"forename": "", "surname": "", "birth date": ""} | {name: "12/03/2014" if name == "birth date" else "Khan"}
    with pytest.raises(SettingsError, match="one thing more"):
        find(child_sought(*asked.values()), *night)


def test_a_child_whom_only_an_earlier_list_has_is_found(night: tuple[Tables, Model]) -> None:
    tables, model = night
    gone = (
        tables["lead"]
        .head(1)
        .with_columns(
            *(pl.lit(value).alias(name) for name, value in {**HER, "forename": "Thessalonia"}.items()),
            child_id=pl.lit("CHGONE"),
        )
    )
    found = find(ChildSought("Thessalonia", "Quackenbush", HER["date_of_birth"]), {**tables, "lead": gone}, model)
    assert found.row(0)[:2] == ("CHGONE", EARLIER)
    assert "CHGONE, no record tonight, on an earlier list" in found_words(found, tables)


def test_a_lead_whose_name_the_ledger_has_let_go_of_is_nobody(night: tuple[Tables, Model]) -> None:
    tables, model = night
    nobody = (
        tables["lead"]
        .head(1)
        .with_columns(child_id=pl.lit("CHGONE"), **{name: pl.lit(None, tables["lead"].schema[name]) for name in HER})
    )
    found = find(ChildSought("Wilhelmina", "Quackenbush", None), {**tables, "lead": nobody}, model)
    assert "CHGONE" not in found["child_id"]


def _restricted(tables: Tables, route: str | None) -> Tables:
    is_her = pl.col("child_id") == "CHHER"
    marked = tables["candidate"].with_columns(
        restricted=pl.col("restricted") | is_her, route=pl.when(is_her).then(pl.lit(route)).otherwise("route")
    )
    return {**tables, "candidate": marked}


def test_a_protected_child_is_found_by_its_id_and_nothing_is_told_of_where_it_is(night: tuple[Tables, Model]) -> None:
    tables = _restricted(night[0], None)
    found = find(
        ChildSought(**{"born_on" if name == "date_of_birth" else name: value for name, value in HER.items()}),
        tables,
        night[1],
    )
    assert found["child_id"][0] == "CHHER"
    words = found_words(found, tables)
    records = tables["child_record"].filter(child_id="CHHER")["record_id"].to_list()
    homes = tables["person_record"].filter(pl.col("record_id").is_in(records))
    for text in (*records, *homes["address_shown"].drop_nulls(), *homes["postcode_shown"].drop_nulls()):
        assert text not in words


def test_a_name_that_is_the_adoption_team_s_alone_leads_to_nobody(night: tuple[Tables, Model]) -> None:
    found = find(ChildSought("Wilhelmina", "Quackenbush", date(2014, 3, 12)), _restricted(night[0], ADOPTION), night[1])
    assert "CHHER" not in found["child_id"]


def test_it_is_asked_on_standard_input_and_nothing_typed_is_told_again(
    first_night: FirstNight, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    child = (
        pl.read_parquet(first_night.published / "candidates.parquet").filter(~pl.col("restricted")).row(0, named=True)
    )
    workspace = ["--workspace", str(first_night.settings.workspace)]

    def asked(*lines: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))
        code = main(["find", *workspace])
        return code, "".join(capsys.readouterr())

    code, printed = asked(child["forename"], child["surname"], f"{child['date_of_birth']:%d/%m/%Y}")
    assert code == 0
    assert child["child_id"] in printed
    assert f"explain CH… --workspace {first_night.settings.workspace}" in printed
    assert child["surname"] not in printed
    assert asked("Zebedee", "Ostrowidzki", "30/08/2011")[0] == 1
    code, printed = asked("Zebedee", "Ostrowidzki", "31/02/2011")
    assert code == 2
    assert "not a real date" in printed
    assert "Ostrowidzki" not in printed
    assert "31/02" not in printed
    assert main(["find", "Zebedee", "Ostrowidzki", *workspace]) == 2
    printed = "".join(capsys.readouterr())
    assert "Do not type a name after the command" in printed
    assert "Ostrowidzki" not in printed
