"""Leases: who has a thing, until when, and how often it went to somebody else.

Pure values: it knows neither what is leased nor what follows of an end. Times are text
as the journal writes it, which sorts as time does.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Lease:
    """Nobody's where `holder` is empty; without end where `expires` is.

    `epoch` rises whenever the holder is another one; `takeovers` counts how often that
    was because the one before let it end.
    """

    holder: str = ""
    epoch: int = 0
    expires: str = ""
    takeovers: int = 0

    def has_lapsed(self, now: str) -> bool:
        """Tell whether its time is over; one without end never lapses."""
        return bool(self.expires) and self.expires <= now

    def is_of_another(self, who: str) -> bool:
        """Tell whether somebody else has it, or had it last."""
        return self.holder not in {"", who}

    def taken(self, who: str, until: str) -> "Lease":
        """Return it in these hands: renewed where it was theirs before."""
        if self.holder == who:
            return replace(self, expires=until)
        takeovers = self.takeovers + self.is_of_another(who)
        return Lease(who, self.epoch + 1, until, takeovers)

    def lasting(self, until: str) -> "Lease":
        """Return it with another end."""
        return replace(self, expires=until)

    def released(self) -> "Lease":
        """Return it in nobody's hands; its epoch and its takeovers are kept."""
        return replace(self, holder="", expires="")

    def settled(self) -> "Lease":
        """Return it in nobody's hands, as if nobody had ever let it end."""
        return replace(self.released(), takeovers=0)
