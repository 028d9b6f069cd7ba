"""The server about itself: CoreStatus, CoreSettings, Reload, LoggerRotate.

Law: header for header what the real ones say.
"""

from __future__ import annotations

from datetime import UTC, datetime

from amitrio.protocol.privileges import PRIVILEGES
from amitrio.simulator.actions.registry import action
from amitrio.simulator.calls import ActionCall

SYSTEM = PRIVILEGES["system"]

# What can be reloaded, under the names that Reload takes, and what cannot.
_RELOADABLE = frozenset(
    {
        "app_queue",
        "app_voicemail",
        "cdr",
        "cel",
        "features",
        "http",
        "indications",
        "logger",
        "manager",
        "pbx_config",
        "res_parking",
        "res_pjsip",
    }
)
_FIXED = frozenset({"app_dial", "app_echo", "app_userevent", "func_db", "pbx_spool", "res_agi"})


@action("CoreStatus", "Show how the server is doing.", "system,reporting")
def core_status(call: ActionCall) -> None:
    """Since when it runs, and how many calls there are."""
    pbx = call.pbx
    headers = [
        ("CoreStartupDate", _date(pbx.started)),
        ("CoreStartupTime", _time(pbx.started)),
        ("CoreReloadDate", _date(pbx.reloaded)),
        ("CoreReloadTime", _time(pbx.reloaded)),
        ("CoreCurrentCalls", str(len(pbx.channels))),
    ]
    if call.simulator.release.processed_calls:
        headers.append(("CoreProcessedCalls", str(pbx.calls_made)))
    call.respond(headers)


@action("CoreSettings", "Show how the server is set up.", "system,reporting")
def core_settings(call: ActionCall) -> None:
    """Versions and limits."""
    release = call.simulator.release
    headers = [
        ("AMIversion", release.ami),
        ("AsteriskVersion", release.asterisk),
        ("SystemName", ""),
        ("CoreMaxCalls", "0"),
        ("CoreMaxLoadAvg", "0.000000"),
        ("CoreRunUser", ""),
        ("CoreRunGroup", ""),
        ("CoreMaxFilehandles", "0"),
        ("CoreRealTimeEnabled", "No"),
        ("CoreCDRenabled", "Yes"),
        ("CoreHTTPenabled", "Yes"),
    ]
    if release.sounds_search:
        headers.append(("SoundsSearchCustomDir", "No"))
    call.respond(headers)


@action("Reload", "Read the configuration again.", "system,config")
def reload(call: ActionCall) -> None:
    """Reload one module, or all."""
    module = call.get("Module")
    bare = module.removesuffix(".so")
    if bare in _FIXED:
        call.error("Module does not support reload")
        return
    if module and bare not in _RELOADABLE:
        call.error("No such module")
        return
    pbx = call.pbx
    if not module:
        pbx.reloaded = pbx.now
    pbx.publish("Reload", [("Module", module or "All"), ("Status", "0")], SYSTEM)
    call.ack("Module Reloaded")


@action("LoggerRotate", "Start new log files.", "system,reporting")
def logger_rotate(call: ActionCall) -> None:
    """There are no log files; the answer is the same."""
    call.ack("Reloaded the logger and rotated log files")


def _date(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d")


def _time(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%H:%M:%S")
