"""Deterministic simulation: a client, a server that misbehaves by script, and a clock that jumps.

A seed makes a script (`script`), a server plays it over a wire that delays and splits (`server`,
`wire`), actors use a client meanwhile (`actors`), and a judge compares what the server sent and
heard with what the client told (`judge`). `planted` holds bugs that the judge must find.

    python -m tests.chaos --seed 17         # one script on both backends, with its trace
    python -m tests.chaos 10000             # so many seeds
    python -m tests.chaos --planted         # which seeds find which planted bug

Law: a seed decides everything. The script comes from it alone, and the same seed gives the same
verdict on trio and on asyncio.
"""

from __future__ import annotations
