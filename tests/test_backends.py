"""The canary: tests really run on the backend that their name says."""

from __future__ import annotations

import time
from typing import Literal

import anyio
import pytest
import sniffio

from tests.virtual_time import run_virtually


async def test_the_backend_is_the_one_that_was_asked_for(anyio_backend_name: str) -> None:
    assert sniffio.current_async_library() == anyio_backend_name


@pytest.mark.virtual_time
async def test_virtual_time_passes_without_waiting(anyio_backend_name: str) -> None:
    began, real = anyio.current_time(), time.perf_counter()
    await anyio.sleep(3600)
    assert anyio.current_time() - began == pytest.approx(3600, abs=1)
    assert time.perf_counter() - real < 5


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
def test_a_whole_run_on_virtual_time_does_not_wait_either(
    backend: Literal["trio", "asyncio"],
) -> None:
    async def main() -> str:
        await anyio.sleep(3600)
        return sniffio.current_async_library()

    real = time.perf_counter()
    assert run_virtually(main, backend) == backend
    assert time.perf_counter() - real < 5


async def test_a_test_that_wants_the_nursery_runs_on_trio(nursery: object) -> None:
    assert sniffio.current_async_library() == "trio"
