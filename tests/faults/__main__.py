"""Write the catalogue's tables into docs/reliability.md."""

from __future__ import annotations

from tests.faults.page import PAGE, with_tables

if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")
