"""Settings are read once and strictly; a slip of the pen is named with the nearest key that there is."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.settings import Settings, SettingsError, read_settings

ASKED = {"extracts": Path("extracts"), "workspace": Path("workspace"), "as_at": date(2026, 11, 20)}
EXAMPLE = Path(__file__).parents[2] / "config" / "example.toml"


def test_the_example_holds_the_defaults() -> None:
    assert read_settings(EXAMPLE, **ASKED) == read_settings(None, **ASKED)


def test_the_example_names_every_setting() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    groups = [name for name in Settings.model_fields if name not in (*ASKED, "authority")]
    for group in groups:
        assert f"[{group}]" in text
        for key in type(getattr(read_settings(None, **ASKED), group)).model_fields:
            assert f"\n{key} = " in text or f"\n[{group}.{key}]" in text, f"{group}.{key}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("[machine]\nthread = 4\n", r"Did you mean machine\.threads\?", id="slip in key"),
        pytest.param("[machin]\nthreads = 4\n", r"Did you mean machine\?", id="slip in a group"),
        pytest.param("[machine]\nthreads = 0\n", "machine.threads: .*greater than or equal to 1", id="out of range"),
        pytest.param("[machine]\nthreads = 'two'\n", "machine.threads: .*valid integer", id="no number"),
        pytest.param("[machine\n", "no TOML in UTF-8", id="no TOML"),
        pytest.param("as_at = 2026-11-20\n", "asked for with --as-at", id="a date in the file"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used(tmp_path: Path, text: str, told: str) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(text)
    with pytest.raises(SettingsError, match=told) as refused:
        read_settings(config, **ASKED)
    assert str(config) in str(refused.value)


def test_a_settings_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read: No such file.*config/example\.toml"):
        read_settings(tmp_path / "none.toml", **ASKED)


def test_settings_do_not_change(tmp_path: Path) -> None:
    settings = read_settings(None, **ASKED)
    with pytest.raises(ValidationError, match="frozen"):
        settings.workspace = tmp_path
