"""One drawn child as a lead, and the same child when it is on a roll or no longer known."""

from datetime import date

from tests.made.children import ELEVEN, Drawn


def lead(born: date | None = ELEVEN, living_here: float = 0.95) -> Drawn:
    """A child known to the GP and nobody else: on the list."""
    drawn = Drawn().record("health:H1", "A", born).lives("A", living_here)
    return drawn.says("health:H1", "seen", since=date(2026, 10, 3))


def met(on: date) -> Drawn:
    """The same child, met by the GP on a day."""
    drawn = lead().says("health:H1", "seen", since=on)
    drawn.residences[0]["last_seen_on"] = on
    return drawn


def schooled(sure: float = 1.0, until: date | None = None, living_here: float = 0.95, **more: object) -> Drawn:
    """The same child with a roll entry."""
    drawn = lead(living_here=living_here).record("school_census:C1", "A", sure=sure)
    return drawn.on_roll("school_census:C1", date(2026, 11, 16), until, **more)


def nobody() -> Drawn:
    """A night on which another child is known, but not this one."""
    return Drawn().record("health:H9", "Z").lives("Z", 0.95)


def beside_a_pupil() -> Drawn:
    """The lead, and child B, who is on a roll."""
    return lead().record("school_census:C2", "B").on_roll("school_census:C2").lives("B", 1.0)


def merged() -> Drawn:
    """The child's record now belongs to child B, who is on a roll."""
    return Drawn().record("health:H1", "B").record("school_census:C2", "B").on_roll("school_census:C2").lives("B", 1.0)
