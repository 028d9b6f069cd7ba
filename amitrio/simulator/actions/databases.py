"""The database: DBGet, DBPut, DBDel, and their trees.

Law: DBGet answers with a list of one, an absent entry with an error, as db.c has it.
"""

from __future__ import annotations

from amitrio.models.generated.events.config import (
    DBGetComplete,
    DBGetResponse,
    DBGetTreeComplete,
    DBGetTreeResponse,
)
from amitrio.simulator.actions.registry import action
from amitrio.simulator.calls import ActionCall


def _lacks(call: ActionCall, *names: str, stop: str = "") -> bool:
    """Say what is missing, if anything is; all but DBPut say it with a full stop."""
    for name in names:
        if not call.get(name):
            call.error(f"No {name.lower()} specified{stop}")
            return True
    return False


@action("DBPut", "Store a value.", "system", core=False)
def db_put(call: ActionCall) -> None:
    """Store a value."""
    if not _lacks(call, "Family", "Key"):
        call.pbx.database.put(call.get("Family"), call.get("Key"), call.get("Val"))
        call.ack("Updated database successfully")


@action("DBGet", "Read a value.", "system,reporting", core=False)
def db_get(call: ActionCall) -> None:
    """Read a value."""
    if _lacks(call, "Family", "Key", stop="."):
        return
    family, key = call.get("Family"), call.get("Key")
    value = call.pbx.database.get(family, key)
    if value is None:
        call.error("Database entry not found")
        return
    call.list_start("Result will follow")
    call.item(DBGetResponse(family=family, key=key, value=value), id_last=True)
    call.list_end(DBGetComplete(), 1)


@action("DBGetTree", "Read all values below a key.", "system,reporting", core=False)
def db_get_tree(call: ActionCall) -> None:
    """Read a tree."""
    found = call.pbx.database.tree(call.get("Family"), call.get("Key"))
    call.list_start("Result will follow")
    for path, value in found:
        call.item(DBGetTreeResponse(key=path, value=value), id_last=True)
    counted = len(found) if call.simulator.release.counts_trees else 1
    call.list_end(DBGetTreeComplete(), counted)


@action("DBDel", "Remove a value.", "system", core=False)
def db_del(call: ActionCall) -> None:
    """Remove a value."""
    if _lacks(call, "Family", "Key", stop="."):
        return
    if call.pbx.database.delete(call.get("Family"), call.get("Key")):
        call.ack("Key deleted successfully")
    else:
        call.error("Database entry could not be deleted")


@action("DBDelTree", "Remove all values below a key.", "system", core=False)
def db_del_tree(call: ActionCall) -> None:
    """Remove a tree."""
    if _lacks(call, "Family", stop="."):
        return
    if call.pbx.database.delete_tree(call.get("Family"), call.get("Key")):
        call.ack("Key tree deleted successfully")
    else:
        call.error("Database entry not found")
