"""The server about itself: CoreStatus, CoreSettings, Reload, LoggerRotate.

Law: header for header what the real ones say.
"""

from __future__ import annotations

from datetime import UTC, datetime

from amitrio.models.generated.actions.system import CoreSettingsReply, CoreStatusReply
from amitrio.models.generated.enums import ReloadResult
from amitrio.models.generated.events.system import Reload
from amitrio.simulator.actions.registry import action
from amitrio.simulator.calls import ActionCall

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
    call.reply(
        CoreStatusReply(
            core_startup_date=_date(pbx.started),
            core_startup_time=_time(pbx.started),
            core_reload_date=_date(pbx.reloaded),
            core_reload_time=_time(pbx.reloaded),
            core_current_calls=len(pbx.channels),
            core_processed_calls=pbx.calls_made if pbx.release.processed_calls else None,
        )
    )


@action("CoreSettings", "Show how the server is set up.", "system,reporting")
def core_settings(call: ActionCall) -> None:
    """Versions and limits."""
    release = call.simulator.release
    call.reply(
        CoreSettingsReply(
            ami_version=release.ami,
            asterisk_version=release.asterisk,
            system_name_="",
            core_max_calls=0,
            core_max_load_average=0.0,
            core_run_user="",
            core_run_group="",
            core_max_file_handles=0,
            core_realtime_enabled=False,
            core_cdr_enabled=True,
            core_http_enabled=True,
            sounds_search_custom_dir=False if release.sounds_search else None,
        )
    )


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
    pbx.publish(Reload(module=module or "All", status=ReloadResult.SUCCESS))
    call.ack("Module Reloaded")


@action("LoggerRotate", "Start new log files.", "system,reporting")
def logger_rotate(call: ActionCall) -> None:
    """There are no log files; the answer is the same."""
    call.ack("Reloaded the logger and rotated log files")


def _date(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d")


def _time(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%H:%M:%S")
