"""A file that its sender still writes while the night reads it."""

import errno
from contextlib import nullcontext
from pathlib import Path
from typing import NoReturn

import pytest

from pipelines.intake.receipt.receive import check_files
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


@pytest.mark.parametrize("is_share_away", [False, True])
def test_a_file_that_cannot_be_read_is_refused_and_a_share_that_stops_in_the_middle_is_tried_again(
    tmp_path: Path, is_share_away: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "library_cards.csv").write_text(GOOD)

    def stopped(*_: object) -> NoReturn:
        raise OSError(errno.EIO, "no answer")

    def read_until_it_stopped(_: Path) -> NoReturn:
        if is_share_away:
            monkeypatch.setattr(Path, "iterdir", stopped)
        stopped()

    monkeypatch.setattr(Path, "read_bytes", read_until_it_stopped)
    with pytest.raises(OSError, match="no answer") if is_share_away else nullcontext():
        (delivery,) = check_files(tmp_path, {"library_cards": library_contract()})
        assert [breach.rule for breach in delivery.breaches] == ["not readable"]
