"""What is promised of the live chat, shown: two people talk while servers and Redis are killed, paused and emptied.

    .venv/bin/python -m bench.chaos_chat [--seconds 30] [--seed 1]

Needs nothing that runs already, and leaves nothing behind: a PostgreSQL of its own with the demo world, a Redis (or
Valkey) of its own, two `stoory serve` that share both. Asha and Ravi have a phone on one node and a laptop on the
other, each the official client of python-socketio that does what docs/realtime.md asks of a client. Ravi's tablet lies
in a bag until the end, and resumes all of it then; Meera only listens, and must hear nothing. In the end what everybody
wrote and heard is held against the database and REST.

The seed decides the order of what goes wrong, for how long, and what is written; not when a message arrives.
Ends with 0 if everything holds, 1 if not, 2 where there is no Redis to start.
"""
