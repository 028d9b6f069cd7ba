"""Adapters: the workloads, done with one client each.

`python -m benchmarks.adapters.<client> <work> <count> <port>` does one of them once and prints
its outcome; the scripts in JavaScript do the same.

Law: each uses its client as that client's own documentation does, and touches the same.
"""
