"""Every request is a deal: its states and moves, its words, its clock, and the doors that lead to it."""
