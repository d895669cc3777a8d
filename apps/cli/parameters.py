"""Parameters that several commands share, with their help."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Flag = Annotated[bool, Parameter(negative=())]
"""A flag without a --no- form."""

Workspace = Annotated[Path, Parameter(help="Folder of the night.")]

OwnContracts = Annotated[
    Path | None,
    Parameter(help="Folder of your own contracts, beside those shipped. If both have the same id, yours is used."),
]

NamingContracts = Annotated[
    Path | None,
    Parameter(
        help="Folder of the authority's own contracts, for the names of its sources. If left out, those of the settings in "
        "force."
    ),
]

ProtectedToo = Annotated[
    bool,
    Parameter(negative=(), help="Also children whose whereabouts are protected. For the named restricted role only."),
]

WhyProposed = Annotated[str, Parameter(help="The reason for the proposal. Write no child's name.")]
WhoProposes = Annotated[str, Parameter(help="Who proposes.")]
WhoHandsIn = Annotated[str, Parameter(help="Name of the person who hands it in.")]
