"""The database: Asterisk's own store of families, keys and values.

Law: a key is `/family/key`, as DBGetTree shows it, and trees come in the order of their keys.
"""

from __future__ import annotations

__all__ = ["Database"]


class Database:
    """Families of keys and values; families and keys may hold slashes."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def put(self, family: str, key: str, value: str) -> bool:
        """Store a value."""
        self._values[_path(family, key)] = value
        return True

    def get(self, family: str, key: str) -> str | None:
        """The value, or None."""
        return self._values.get(_path(family, key))

    def delete(self, family: str, key: str) -> bool:
        """Remove a key; False where there is none."""
        return self._values.pop(_path(family, key), None) is not None

    def tree(self, family: str = "", key: str = "") -> list[tuple[str, str]]:
        """All paths and values below a family, or below a key of it."""
        prefix = "".join(f"/{part}" for part in (family, key) if part)
        return sorted(
            (path, value)
            for path, value in self._values.items()
            if not prefix or path == prefix or path.startswith(f"{prefix}/")
        )

    def delete_tree(self, family: str, key: str = "") -> int:
        """Remove all that `tree` gives; how many that were."""
        paths = [path for path, _ in self.tree(family, key)]
        for path in paths:
            del self._values[path]
        return len(paths)


def _path(family: str, key: str) -> str:
    return f"/{family}/{key}"
