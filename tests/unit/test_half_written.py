"""A file that its sender still writes while the night reads it."""

from pathlib import Path

import pytest

from pipelines.intake.receive import check_files
from tests.made.library_cards import GOOD, library_contract


@pytest.mark.parametrize(
    ("change", "loaded"),
    [
        pytest.param("grows", 0, id="a file that grows while it is read may be half"),
        pytest.param("replaced", 3, id="one that another takes the place of was read whole"),
        pytest.param("removed", 3, id="and so was one that is taken away"),
    ],
)
def test_a_file_that_is_written_to_while_it_is_read_is_refused(
    tmp_path: Path, change: str, loaded: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "library_cards.csv"
    file.write_text(GOOD)

    def read_and_changed(path: Path) -> bytes:
        with path.open("rb") as there:
            data = there.read()
        if change == "grows":
            with file.open("ab") as more:
                more.write(b"\n")
        else:
            file.rename(tmp_path / "old.tmp")
            if change == "replaced":
                file.write_bytes(data + b"\n")
        return data

    monkeypatch.setattr(Path, "read_bytes", read_and_changed)
    (delivery,) = check_files(tmp_path, {"library_cards": library_contract()})
    assert delivery.rows_read - delivery.rows_set_aside == loaded
    assert delivery.is_refused is (loaded == 0)
    assert [breach.rule for breach in delivery.breaches] == ["being written"] * (loaded == 0)
