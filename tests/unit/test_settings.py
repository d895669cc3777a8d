"""Settings are read once and strictly; a slip of the pen is named with the nearest key that there is."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.settings import NOT_IN_A_FILE, SETTINGS_IN_FORCE, Settings, SettingsError, read_settings, with_changes
from pipelines.workspace import StoreError, make_workspace

ASKED = {"extracts": Path("extracts"), "workspace": Path("workspace"), "as_at": date(2026, 11, 20)}
EXAMPLE = Path(__file__).parents[2] / "config" / "example.toml"


def test_the_example_holds_the_defaults() -> None:
    example = read_settings(EXAMPLE, **ASKED)
    assert example.settings_file == str(EXAMPLE)
    assert example.model_copy(update={"settings_file": None}) == read_settings(None, **ASKED)


def test_the_example_names_every_setting() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    groups = [name for name in Settings.model_fields if name not in (*NOT_IN_A_FILE, "authority", "contracts")]
    for group in groups:
        assert f"[{group}]" in text
        for key in type(getattr(read_settings(None, **ASKED), group)).model_fields:
            assert f"\n{key} = " in text or f"\n[{group}.{key}]" in text, f"{group}.{key}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("[machine]\nthread = 4\n", r"Did you mean machine\.threads\?", id="slip in key"),
        pytest.param("[machin]\nthreads = 4\n", r"line 1, machin .*Did you mean machine\?", id="slip in a group"),
        pytest.param("[machine]\nthreads = 0\n", "line 2, machine.threads must be 1 or more\\.", id="out of range"),
        pytest.param(
            "[machine]\nthreads = 'two'\n", r"machine\.threads must be a whole number without quotes", id="no number"
        ),
        pytest.param("[machine\n", "not TOML in UTF-8", id="no TOML"),
        pytest.param(
            "linkage.link_threshold = 1\n",
            "line 1, linkage.link_threshold must be below 1\\.",
            id="a link beyond doubt",
        ),
        pytest.param(
            "[linkage]\nlink_threshold = 95\n", r"must be below 1\. Write 95 in 100 as 0\.95\.", id="per cent"
        ),
        pytest.param(
            "[ranking]\nmoved_away_below = 50\n", r"must be 1 or less\. Write 95 in 100 as", id="per cent of a share"
        ),
        pytest.param("[machine]\nmemory_gb = 0\n", r"must be 0\.5 or more\.$", id="no share, so nothing of per cent"),
        pytest.param("check_costs = 0.5\n", r"check_costs is one under the heading \[ranking\]\.$", id="no heading"),
        pytest.param("[machine]\nreferral = 5\n", r"the heading \[ranking\.points\]\.$", id="under another heading"),
        pytest.param(
            "[ranking]\nlink_treshold = 0.8\n",
            r"line 2, .* Did you mean link_threshold, under the heading \[linkage\]\?$",
            id="misspelt, and under another heading",
        ),
        pytest.param(
            "[ranking]\nschool_closures = [\n  [2026-10-30, 2026-10-26],\n]\n",
            r"line 2, ranking\.school_closures: 2026-10-30 is after 2026-10-26\. Write the first day before the last\.$",
            id="days turned round",
        ),
        pytest.param(
            "[ranking]\nschool_closures = [['26/10/2026', 1]]\n",
            "entry 1, must be a day, written as 2026-10-26",
            id="a day otherwise",
        ),
        pytest.param(
            "[ranking.area]\npostcodes = ['za1']\n",
            r"ranking\.area\.postcodes, entry 1, must be an area, .* in capitals, such as ZA",
            id="a district in small letters",
        ),
        pytest.param("[ranking]\nwasted_enquiries_per_missed_child = inf\n", "finite number", id="endless"),
        pytest.param("[ranking.points]\nreferral = 100000000000000000000\n", "must be 1000 or less", id="huge"),
        pytest.param(
            "# Ours\n[ ranking.points ]\n  referral = true\n",
            r"line 3, ranking\.points\.referral: .*true is not allowed",
            id="true, for 1",
        ),
        pytest.param(
            "[machine]\nmemory_gb = false\n", r"machine\.memory_gb: .*false is not allowed", id="false, for 0"
        ),
        pytest.param("[ranking]\nschool_closures = [[2026-10-26]]\n", "lacks a day", id="a time with one day"),
        pytest.param(
            "[schools]\ndue = ['2001']\n", r"schools\.due must name a list for each", id="schools of no source"
        ),
        pytest.param(
            "[schools]\ndue = { school_census = [2001] }\n",
            "must be text in quotes",
            id="a school's number as a number",
        ),
        pytest.param("[ranking]\npoints = 3\n", r"Write them under \[ranking\.points\]", id="a heading as a setting"),
        pytest.param(
            "[linkage]\nlink_threshold = 0,9\n", "a number has a point and no comma", id="a comma in a number"
        ),
        pytest.param("settings_file = 'x'\n", "settings_file is not a setting", id="where it stands, said in the file"),
        pytest.param("as_at = 2026-11-20\n", "given with --as-at", id="a date in the file"),
        pytest.param("full = true\n", "given with --full", id="a full night in the file"),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, text: str, told: str) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(text)
    with pytest.raises(SettingsError, match=told) as refused:
        read_settings(config, **ASKED)
    assert str(config) in str(refused.value)


def test_a_settings_file_as_windows_notepad_saves_it(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_bytes(b"\xef\xbb\xbf[machine]\r\nthreads = 4\r\n")
    assert read_settings(tmp_path / "settings.toml", **ASKED).machine.threads == 4


def test_a_settings_file_in_another_encoding_is_told_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_bytes("[machine]\n# Zoë\n".encode("cp1252"))
    with pytest.raises(SettingsError, match=r"settings\.toml, line 2: .*Save the file as UTF-8"):
        read_settings(tmp_path / "settings.toml", **ASKED)


def test_a_settings_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read: No such file.*config/example\.toml"):
        read_settings(tmp_path / "none.toml", **ASKED)


def test_settings_in_force_stand_in_for_the_defaults_and_give_way_to_a_file(tmp_path: Path) -> None:
    asked = {**ASKED, "workspace": tmp_path}
    in_force = tmp_path / SETTINGS_IN_FORCE
    in_force.write_text("[linkage]\nlink_threshold = 0.9\n")
    assert read_settings(None, **asked).linkage.link_threshold == 0.9
    assert read_settings(None, **asked).settings_file == str(in_force)
    assert read_settings(EXAMPLE, **asked).linkage.link_threshold == 0.7


def test_a_change_leaves_all_else_as_it_is_and_is_held_to_the_same_rules() -> None:
    base = read_settings(None, **ASKED)
    made = with_changes(base, {"ranking": {"points": {"looked_after": 80}}}, "--points file.toml")
    assert made.ranking.points.looked_after == 80
    assert made.ranking.points.referral == base.ranking.points.referral
    with pytest.raises(SettingsError, match=r"file\.toml: .*Did you mean ranking\.points\.looked_after\?"):
        with_changes(base, {"ranking": {"points": {"lookd_after": 80}}}, "--points file.toml")


def test_settings_do_not_change(tmp_path: Path) -> None:
    settings = read_settings(None, **ASKED)
    with pytest.raises(ValidationError, match="frozen"):
        settings.workspace = tmp_path


def test_a_workspace_that_is_a_file_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "list.xlsx").write_bytes(b"")
    with pytest.raises(StoreError, match=r"list\.xlsx is a file\. Give --workspace a folder"):
        make_workspace(tmp_path / "list.xlsx")
