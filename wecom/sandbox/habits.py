"""How the simulated people live."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Habits:
    """Rates are per corp and day of the virtual clock; shares are probabilities."""

    arrivals_per_day: float = 12
    departures_per_day: float = 2
    edits_per_day: float = 6
    chats_per_day: float = 10
    half_share: float = 0.06  # of the arrivals
    confirm_soon: float = 0.65  # of the tasks; within soon_minutes
    confirm_late: float = 0.2  # within late_hours; the rest never
    heed_reminder: float = 0.5  # of those who were late or silent: within an hour of a reminder
    soon_minutes: float = 40
    late_hours: float = 30
    pulse_seconds: float = 120  # real time; 0: never
    welcome_wait: float = 1.5  # real seconds that an arrival waits for its welcome while the clock is being turned

    @staticmethod
    def limits() -> dict[str, float]:
        """Each habit with the largest value that makes sense."""
        shares = {"half_share", "confirm_soon", "confirm_late", "heed_reminder"}
        return {name: 1 if name in shares else 100_000 for name in asdict(Habits())}
