"""Configuration files: GetConfig, GetConfigJSON, ListCategories.

Law: the structure is the order of the lines; an absent category is told by a line that is no
header.
"""

from __future__ import annotations

import json

from amitrio.models.generated.actions.config import GetConfigJSONReply
from amitrio.simulator.actions.registry import action
from amitrio.simulator.calls import ActionCall
from amitrio.simulator.configfiles import ConfigFile


def _file(call: ActionCall) -> ConfigFile | None:
    """The file that is asked for; where there is none, that has been said."""
    name = call.get("Filename")
    if not name:
        call.error("Filename not specified")
        return None
    found = call.pbx.config_files.get(name)
    if found is None:
        # Files outside the configuration directory are there, and not to be read.
        restricted = name.startswith("/") or call.request.action.lower() == "getconfigjson"
        refusal = call.simulator.release.file_refusal
        call.error(refusal if restricted else "Config file not found")
    return found


@action("GetConfig", "Read a configuration file.", "system,config")
def get_config(call: ActionCall) -> None:
    """All lines, or those of one category."""
    found = _file(call)
    if found is None:
        return
    wanted = call.get("Category")
    headers: list[tuple[str, str]] = []
    chosen = [each for each in found.categories if not wanted or each.name == wanted]
    for number, category in enumerate(chosen):
        headers.append((f"Category-{number:06d}", category.name))
        headers += [
            (f"Line-{number:06d}-{line:06d}", f"{name}={value}")
            for line, (name, value) in enumerate(category.lines)
        ]
    if wanted and not headers:
        headers.append(("", "No categories found"))
    call.respond(headers)


@action("GetConfigJSON", "Read a configuration file as JSON.", "system,config")
def get_config_json(call: ActionCall) -> None:
    """One header; a name that repeats in the file repeats in the JSON."""
    found = _file(call)
    if found is None:
        return
    wanted = call.get("Category")
    chosen = [each for each in found.categories if not wanted or each.name == wanted]
    categories = (f"{_quoted(each.name)}:{{{_pairs(each.lines)}}}" for each in chosen)
    call.reply(GetConfigJSONReply(json="{" + ",".join(categories) + "}"))


@action("ListCategories", "List the categories of a configuration file.", "config")
def list_categories(call: ActionCall) -> None:
    """One header per category."""
    found = _file(call)
    if found is None:
        return
    headers = [
        (f"Category-{number:06d}", category.name)
        for number, category in enumerate(found.categories)
    ]
    call.respond(headers or [("Error", "no categories found")])


def _pairs(lines: tuple[tuple[str, str], ...]) -> str:
    return ",".join(f"{_quoted(name)}:{_quoted(value)}" for name, value in lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
