"""The steps from children to the ranked list."""

from functools import partial

from pipelines.children.age_slips import birth_date_evidence
from pipelines.children.provision import find_provision
from pipelines.listing.early_warning import early_warning
from pipelines.listing.emptied_schools import emptied_schools
from pipelines.listing.list_inputs import ListInputs
from pipelines.listing.masking import MASKED_READS, masked_list
from pipelines.listing.other_teams import for_other_teams
from pipelines.listing.rank import rank
from pipelines.listing.roll_to_come import rolls_to_ask_for
from pipelines.listing.schools_without_roll import schools_without_roll
from pipelines.listing.study_leave import years_to_ask_for
from pipelines.residence.living_here import judge_residence
from pipelines.steps.under_way import Counts, Night

JUDGED_FROM = ("person_record", "statement", "child_record", "rival", "provision", "residence", "school")
"""Tables that the list is made from."""


def provision_step(night: Night) -> Counts:
    """statement, child_record -> provision."""
    found = find_provision(**night.arguments("statement", "child_record"), as_at=night.settings.as_at)
    night.store.write_children("provision", found)
    current = found.filter("is_current")
    return {"provisions": found.height, "current": current.height, "children": current["child_id"].n_unique()}


def residence_step(night: Night) -> Counts:
    """statement, person_record, child_record, provision -> residence. Meanwhile, for the next step: what birth dates say."""
    known = night.arguments("person_record", "child_record", "provision")
    dated = known | night.arguments("statement")
    evidence = partial(birth_date_evidence, **dated, by_age=night.by_age, as_at=night.settings.as_at)
    night.birth_dates = night.in_background(evidence)
    judged = judge_residence(
        night.record_dates.result(),
        **known,
        homes=night.homes.result(),
        as_at=night.settings.as_at,
        source_names=night.source_names,
        area=night.settings.ranking.area,
    )
    night.store.write("residence", judged)
    return {"children": judged.height}


def rank_step(night: Night) -> Counts:
    """The tables in ``JUDGED_FROM`` -> candidate, explained, finding.

    Begun in the second thread, for later steps: the early warning, the list as masked for publication (the ledger needs it
    too), and the children for other teams.
    """
    night.store.read_ahead("snapshot", "link")  # for the ledger and publish
    inputs = ListInputs(
        **night.arguments(*JUDGED_FROM),
        as_at=night.settings.as_at,
        settings=night.settings.ranking,
        source_names=night.source_names,
        outcomes=night.outcomes(),
        never_met=night.store.read("link_never_met"),
        known_by_age=night.by_age,
        known_contact=night.contact_statements(),
        known_birth_dates=night.birth_dates.result(),
    )
    night.early_warning = night.in_background(partial(early_warning, inputs))
    ranked = rank(inputs)
    lists = {"candidate": ranked.candidates, "explained": ranked.explained}
    others = night.read(*(table for table in MASKED_READS if table not in lists))
    night.masked_list = night.in_background(partial(masked_list, lists | others))  # first, as the ledger waits for it
    night.other_teams = night.in_background(partial(for_other_teams, inputs, ranked.explained))
    night.store.write("candidate", ranked.candidates)
    night.store.write_children("explained", ranked.explained)
    night.store.write("finding", ranked.findings)
    night.roll_warnings = (
        *rolls_to_ask_for(ranked.to_come),
        *schools_without_roll(inputs),
        *emptied_schools(ranked.candidates, inputs),
        *years_to_ask_for(ranked.on_leave),
    )
    return {"candidates": ranked.candidates.height, "explained": ranked.explained.height}
