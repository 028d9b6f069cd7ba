"""Benchmarks: what an event, an action and a list cost, in amitrio and in other AMI clients.

    python -m benchmarks --write docs/benchmarks.md     (or: nox -s benchmarks)

A flood server in a process of its own sends the same traffic to every client; each measurement
runs in a fresh process, in random order, over several rounds.

Law: a figure counts only if the client did the work: what its consumer touched is summed up, and
the sum must be the one that the traffic gives. CPU seconds are the figure to trust.
"""
