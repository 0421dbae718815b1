"""A large world for measuring and looking around: `stoory seed --scale 100` writes a million messages.

Every kind of deal is played once by the real actions, in a transaction that is rolled back; what they wrote is read
back, and loaded again and again with other people, ids, words and times. So whatever is seeded is what the house
itself would have written. The database checks every key when the load is over, `stoory doctor` everything else.
"""

from stoory.seed.world import Seeded, seed

__all__ = ["Seeded", "seed"]
