"""Many children with few names, so that most of them meet in some block."""

from random import Random

import polars as pl

from tests.made.records import person_records


def children_alike(many: int) -> pl.DataFrame:
    """``PERSON_RECORD`` rows of two sources; the same number gives the same rows."""
    dice = Random(5)
    names = ["Amina", "Aminah", "Joe", "Joseph", "Zoë", "Wei", "Jia Wei"]
    return person_records(
        [
            {
                "record_id": f"{dice.choice(['roll', 'health'])}:{number:05}",
                "given": dice.choice(names),
                "surname": dice.choice(["Khan", "Khan-Ali", "Smith", "Chen"]),
                "born": pl.date_range(pl.date(2015, 1, 1), pl.date(2015, 3, 1), eager=True).to_list()[
                    dice.randrange(60)
                ],
                "postcode": f"LS{dice.randrange(1, 4)} 1AB",
                "address": f"{dice.randrange(1, 30)} High Street",
            }
            for number in range(many)
        ]
    )
