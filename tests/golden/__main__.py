"""Makes the golden list anew:  python -m tests.golden

Do so only after a change that is meant to change the list, and read the difference before you commit it.
"""

import tempfile
from pathlib import Path

from pipelines.night import run_night
from pipelines.settings import Settings
from tests.golden.authority import AS_AT, GOLDEN_LIST, golden_authority


def main() -> None:
    """Run the night on the golden authority and keep its list."""
    with tempfile.TemporaryDirectory() as folder:
        made = golden_authority(Path(folder))
        report = run_night(Settings(extracts=made.extracts, workspace=Path(folder) / "workspace", as_at=AS_AT))
        GOLDEN_LIST.write_bytes((report.published / "candidates.csv").read_bytes())
    print(f"{GOLDEN_LIST.name} is made anew. Read the difference before you commit it.")


if __name__ == "__main__":
    main()
