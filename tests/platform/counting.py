"""What is counted by several processes, and the simplest model of it: look back over all that was let through."""

from __future__ import annotations

from stoory.platform.limits import SECOND_NS, Window
from stoory.platform.shared_limits import SharedLimits

QUOTA = 3
RATES = {"auth": f"{QUOTA}/second", "api": "100/minute", "upload": "unlimited"}


async def hit(limits: SharedLimits, name: str = "auth", key: str = "a", quota: int | None = None) -> Window:
    window = await limits.hit(name, key, quota)
    assert window is not None
    return window


class Model:
    """Everything that was let through, and what must have been answered."""

    def __init__(self) -> None:
        self.passed: list[int] = []
        self.refused = 0

    def check(self, at: int, window: Window, taken: Window | None) -> None:
        before = self.standing(at)
        if taken is not None:
            if window.counted_ns in self.passed:
                self.passed.remove(window.counted_ns)
        elif window.is_full:
            assert len(before) >= window.quota
            self.refused += 1
        else:
            assert len(before) < window.quota
            self.passed.append(at)
        standing = self.standing(at)
        answered = taken or window
        assert answered.remaining == max(0, window.quota - len(standing))
        leaves = max(0, len(standing) - window.quota)
        waiting_ns = standing[leaves] + SECOND_NS - at if standing else 0
        assert answered.reset_seconds == max(1, -(-waiting_ns // SECOND_NS))

    def standing(self, now: int) -> list[int]:
        return [at for at in self.passed if now - at < SECOND_NS]
