"""The stories of the README, played against a running server and told on the terminal.

A bid is posted, two people negotiate with buttons until one accepts, a rival sees nothing of it, and they chat.
Every step states what it expects; the first that is not so ends the play. The second story is about plans.
"""

from stoory.demo.stage import StepFailed
from stoory.demo.story import play
from stoory.demo.subscriptions import play_subscriptions

__all__ = ["StepFailed", "play", "play_subscriptions"]
