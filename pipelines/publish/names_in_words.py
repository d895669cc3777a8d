"""What the code calls by a name and people read on a page: the reasons to look sooner, and the settings with their values."""

from collections.abc import Sequence

from pipelines.decisions.outcomes import CODES
from pipelines.publish.numbers import figure, plain
from pipelines.rank_settings import OutcomeHolds

FACTOR_IN_WORDS = {
    "social_care": "open to social care",
    "exploitation": "a concern about exploitation",
    "missing_from_home": "reported missing from home or care",
    "harm": "a concern about harm",
    "youth_justice": "known to youth justice",
    "referral": "somebody has raised a concern that is still open",
    "exclusion": "excluded, with no known place",
    "left_unsettled": "left the roll and nobody knows where to",
    "unregistered_setting": "said to attend an unregistered setting",
    "unclaimed_transfer": "no school has claimed the transfer file",
    "vanished_from_roll": "vanished from a roll",
    "no_place": "applied for a school place and has none",
    "out_of_education": "weeks out of education",
    "other_education_ended": "home education or alternative provision ended and nothing followed",
    "in_and_out": "in and out of education",
    "never_on_a_roll": "no earlier education known",
    "newly_arrived": "newly arrived, or moved in from another authority",
    "transition": "of the age to start school or secondary school",
    "long_unseen": "not seen for long",
    "temporary_accommodation": "in temporary accommodation",
    "place_to_come": "a place is about to start (can wait)",
    "border": "lives by the border (can wait)",
}
"""Factor of ``FINDING`` -> what it says of a child."""

_POINTS_IN_WORDS = {
    "child_protection": "on a child protection plan",
    "looked_after": "looked after by an authority",
    "child_in_need": "open to social care in any other way",
    "referral": FACTOR_IN_WORDS["referral"],
    "exploitation": FACTOR_IN_WORDS["exploitation"],
    "missing_from_home": FACTOR_IN_WORDS["missing_from_home"],
    "harm": FACTOR_IN_WORDS["harm"],
    "youth_justice": FACTOR_IN_WORDS["youth_justice"],
    "referral_waiting": "more, if a concern has waited for long",
    "referral_waiting_days": "days after which a concern has waited for long",
    "exclusion": "excluded, and past the sixth school day without a known place",
    "left_unsettled": FACTOR_IN_WORDS["left_unsettled"],
    "unregistered_setting": FACTOR_IN_WORDS["unregistered_setting"],
    "unclaimed_transfer": FACTOR_IN_WORDS["unclaimed_transfer"],
    "vanished_from_roll": FACTOR_IN_WORDS["vanished_from_roll"],
    "no_place": FACTOR_IN_WORDS["no_place"],
    "out_4_weeks": "out of education for 4 weeks or more",
    "out_12_weeks": "out of education for 12 weeks or more",
    "out_26_weeks": "out of education for 26 weeks or more",
    "out_52_weeks": "out of education for 52 weeks or more",
    "other_education_ended": FACTOR_IN_WORDS["other_education_ended"],
    "in_and_out": FACTOR_IN_WORDS["in_and_out"],
    "newly_arrived": FACTOR_IN_WORDS["newly_arrived"],
    "unaccompanied": "an unaccompanied asylum-seeking child",
    "never_on_a_roll": FACTOR_IN_WORDS["never_on_a_roll"],
    "transition": FACTOR_IN_WORDS["transition"],
    "long_unseen": FACTOR_IN_WORDS["long_unseen"],
    "long_unseen_days": "days after which a child has not been seen for long",
    "temporary_accommodation": "in temporary accommodation, a hostel or a refuge",
    "place_to_come": "taken off: a place is about to start",
    "border": "taken off: lives by the border",
    "place_to_come_days": "days before its start from which a place is about to start",
    "not_arrived_after_days": "days after its start from which an accepted place counts as not taken up",
}

SETTING_IN_WORDS = {
    "linkage.link_threshold": "Least probability with which two groups of records become one child",
    "ranking.wasted_enquiries_per_missed_child": "Enquiries that find nothing, worth making so as not to miss one child",
    "ranking.check_costs": "Cost of a desk check, as a share of an enquiry",
    "ranking.doubtful_link_below": "Lane 'doubtful link': likelihood of being on no roll is below",
    "ranking.moved_away_below": "Lane 'probably moved away': likelihood of living here is below",
    "ranking.doubtful_age_below": "Lane 'data problem': likelihood of being of compulsory school age is below",
    "ranking.doubtful_provision": "How far an entry with a doubt proves an education",
    "ranking.unlisted_school_weighs": "Order of the list: how far a school that sent no list counts (0: not at all)",
    "ranking.weeks_before_listed": "Weeks after the end of an education before a child is listed",
    "ranking.school_closures": "Times when schools are closed, besides the usual holidays",
    "ranking.area.postcodes": "The authority's own postcodes",
    "ranking.area.living_here_outside": "Likelihood of living here, times this, if the last known home is outside",
    "ranking.recalibration.slope": "Recalibration by officers' outcomes: slope (1 changes nothing)",
    "ranking.recalibration.shift": "Recalibration by officers' outcomes: shift (0 changes nothing)",
    "ranking.recalibration.answered_from": "Recalibration by officers' outcomes: lowest estimate they reach",
    **{
        f"ranking.points.{name}": words.capitalize() if name.endswith("_days") else f"Points: {words}"
        for name, words in _POINTS_IN_WORDS.items()
    },
    **{
        f"ranking.outcome_holds.{code}": f"Days for which an outcome holds (0: for good): {CODES[code.upper()].words}"
        for code in OutcomeHolds.model_fields
    },
    "as_at": "Date judged",
    "settings_file": "File of settings",
}
"""Setting as ``group.key`` -> what it sets."""

_OF_A_NEIGHBOUR = {
    "ranking.area.neighbours.": "Postcodes of the neighbouring authority",
    "ranking.area.border.": "The authority's own postcodes whose children often go to school in the neighbouring authority",
}
"""Beginning of a setting whose last part is the name of an authority -> what it sets."""


def factor(name: str) -> str:
    """A reason to look sooner in words; the name itself where it has none."""
    return FACTOR_IN_WORDS.get(name, plain(name))


def setting(key: str) -> str:
    """What a setting sets; its key as words where that has none."""
    for beginning, words in _OF_A_NEIGHBOUR.items():
        if key.startswith(beginning):
            return f"{words} {key.removeprefix(beginning)}"
    return SETTING_IN_WORDS.get(key, plain(key).capitalize())


def setting_value(value: object) -> str:
    """The value of a setting as people write it; "none" for an empty list."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_entry(part) for part in value) or "none"
    return figure(value)


def _entry(value: object) -> str:
    """One entry of a list; a list within it is a time from one day to another."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " to ".join(str(part) for part in value)
    return str(value)
