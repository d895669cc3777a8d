"""Some of the records, all those of some postcodes, where a part shows enough of all that sources say of the same children."""

import polars as pl

LOOKED_AT = 20_000
"""This many records, about, show enough of all."""

NAMES_AND_HOME = ["forename", "surname", "postcode"]
"""What two sources must have in common to mean the same child, where birth dates are looked at."""


def some_homes(person: pl.DataFrame) -> pl.DataFrame:
    """About ``LOOKED_AT`` of the records. The choice does not depend on the order of the records."""
    of = 1 + person.height // LOOKED_AT
    return person if of == 1 else person.filter(pl.col("postcode").hash() % of == 0)
