"""The app: which commands there are.

Law: to say which ones there are loads none of them.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

import amitrio

__all__ = ["app"]

app = App(
    name="amitrio",
    help="The Asterisk Manager Interface for structured concurrency.",
    version=f"amitrio {amitrio.__version__}",
    backend="trio",
    help_format="plaintext",  # markdown brings a parser and a highlighter
)


@app.command
async def demo(*, seed: Annotated[int, Parameter(show_default=True)] = 1) -> int:
    """Play calls on a simulated PBX and tell their story.

    Starts the simulator, connects to it over TCP, places calls, some through a queue, and ends
    by itself in a few seconds. Needs no PBX and no configuration.

    Parameters
    ----------
    seed
        Decides what is chance on the simulated PBX.

    """
    from amitrio.cli.demo import run_demo  # noqa: PLC0415 - it brings the simulator: see the law
    from amitrio.cli.running import run  # noqa: PLC0415 - likewise

    return await run(lambda: run_demo(seed))
