"""``rollcall contract``: draft a contract from a sample file, and lint contracts."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

contract = App(name="contract", help="Draft a contract for a new source, and check contracts.")


@contract.command
def new(name: str, /, *, sample: Annotated[Path, Parameter(name="--from")], to: Path = Path("contracts")) -> int:
    """Draft a contract from a sample file, for a person to finish; of a source that has one shipped, copy that. An existing
    contract is never overwritten.

    Parameters
    ----------
    name
        The source's name, in small letters with underscores, such as library_cards: its files' names begin with it.
    sample
        A file as the source sends it. Only its headers, codes and forms of dates go into the draft.
    to
        Folder in which the contract is drafted. A night is given it with --contracts.
    """
    from data_contracts.contract import ContractError, read_contracts
    from pipelines.intake.draft import copied, draft

    if not sample.is_file():
        raise ContractError(f"{sample}: this file does not exist. Give a sample of what the source sends.")
    path = to / f"{name}.yaml"
    if path.exists():
        raise ContractError(f"{path} already exists. Move it away, or draft under another name.")
    data, shipped = sample.read_bytes(), read_contracts().get(name)
    text = copied(path.name, shipped, sample.name, data) if shipped else draft(name, sample.name, data)
    to.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"Drafted {path}. Finish each 'Please decide', then: rollcall contract check {path}")
    return 0


@contract.command
def check(path: Path | None = None, /) -> int:
    """Check one contract, or every contract of a folder (without one: those shipped); name file and line of a fault.

    Parameters
    ----------
    path
        A contract (.yaml), or a folder of contracts.
    """
    from data_contracts.contract import CANDIDATES, CONTRACT_FOLDER, ContractError, read_contract
    from pipelines.counted import counted

    folder = path or CONTRACT_FOLDER
    files = [folder] if folder.is_file() else [f for f in sorted(folder.glob("*.yaml")) if f.name != CANDIDATES]
    if not files:
        raise ContractError(f"{folder}: there is no contract. Give a .yaml file, or a folder that holds some.")
    faults = 0
    for file in files:
        try:
            read = read_contract(file)
        except ContractError as error:
            sys.stderr.write(f"{error}\n")
            faults += 1
            continue
        left = file.read_text(encoding="utf-8").count("Please decide")
        print(
            f"{file.name}: keeps the form ({read.status})"
            + (f"; {counted(left, 'thing')} left to decide" if left else "")
        )
    return 1 if faults else 0
