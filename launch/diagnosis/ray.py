"""Ray: whether it starts and is told where, and what earlier ones left."""

import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil

from common.findings import Finding, fail, ok, skipped, warn
from common.text import reason
from launch.diagnosis import probe
from launch.diagnosis.finding import Check
from launch.diagnosis.packages import Installed, install, required
from launch.diagnosis.probe import Outcome

_SECONDS = 120.0
_PROBE_SECONDS = 3.0
_MUCH = 1_000_000_000  # bytes of old sessions
_CODE = """
import json, sys
from common.errors import RunError, UsageError
from launch.cluster.connection import connected
import ray
try:
    with connected(sys.argv[1]):
        answer = ray.get(ray.remote(num_cpus=1)(lambda: 6 * 7).remote(), timeout=60)
        print(json.dumps({"version": ray.__version__, "answer": answer}))
except (RunError, UsageError) as error:
    sys.exit(str(error))
"""
Reach = Callable[[str], str | None]
"""Why nothing answers at an address; None where something does."""


def checks(
    environment: Mapping[str, str], installed: Installed, *, quick: bool
) -> dict[str, Check]:
    """The checks of this group."""
    address = environment.get("RAY_ADDRESS")
    folder = temporary_folder(environment)
    return {
        "version": lambda: version(installed),
        "start": lambda: skipped("start") if quick else started(_attempt("local")),
        "address": lambda: addressed(address, reach, None if quick else _attempt),
        "cluster": lambda: running_cluster(folder, reach),
        "token": lambda: authentication(environment, Path.home()),
        "sessions": lambda: sessions(folder, set(_command_lines())),
    }


def temporary_folder(environment: Mapping[str, str]) -> Path:
    """Where Ray keeps its sessions, as Ray finds it on Linux and macOS."""
    return Path(environment.get("RAY_TMPDIR") or environment.get("TMPDIR") or "/tmp") / "ray"


def version(installed: Installed) -> Finding:
    """Whether Actorlab is tested with the version of Ray."""
    found = installed.version("ray")
    wanted = next((r for r in required(installed) if r.name == "ray"), None)
    if found is None or wanted is None:
        return fail("version", "not known: see the packages", "make setup")
    if not wanted.specifier.contains(found, prereleases=True):
        return fail("version", f"{found}, but tested with {wanted.specifier}", install(wanted))
    return ok("version", f"{found} (tested: {wanted.specifier})")


def started(outcome: Outcome) -> Finding:
    """Whether a Ray of our own starts here and does a task."""
    if outcome.value is None:
        mend = "look at session_latest/logs in Ray's folder; --workers 0 trains without Ray"
        return fail("start", f"Ray did not start: {outcome.error}", mend)
    return ok("start", f"started, did a task and ended in {outcome.seconds:.1f} s")


def told_address(address: str | None, reach: Reach) -> Finding:
    """Whether something answers where RAY_ADDRESS says that a cluster is."""
    if not address:
        return ok("address", "RAY_ADDRESS is not set: a run starts a Ray of its own")
    if address in ("auto", "local"):
        return ok("address", f"RAY_ADDRESS={address}")
    trouble = reach(address)
    if trouble is not None:
        found = f"RAY_ADDRESS={address}, where nothing answers ({trouble})"
        return fail("address", found, "unset RAY_ADDRESS, or start the cluster: ray start --head")
    return ok("address", f"RAY_ADDRESS={address}, where something answers")


def addressed(
    address: str | None, reach: Reach, attempt: Callable[[str], Outcome] | None
) -> list[Finding]:
    """Where RAY_ADDRESS leads to: whether something answers there, and does a task.

    Args:
        address: Its value; None where it is not set.
        reach: Asks whether something answers.
        attempt: Does a task at an address; None leaves that out.
    """
    found = told_address(address, reach)
    if not address or address == "local" or found.state != "ok":
        return [found]
    return [found, joined(address, attempt(address)) if attempt else skipped("joining")]


def joined(address: str, outcome: Outcome) -> Finding:
    """Whether the cluster that RAY_ADDRESS names does a task."""
    if outcome.value is None:
        return fail("joining", outcome.error, "unset RAY_ADDRESS, or start the cluster anew")
    return ok("joining", f"the cluster at {address} did a task in {outcome.seconds:.1f} s")


def running_cluster(folder: Path, reach: Reach) -> Finding:
    """Whether a cluster runs on this machine, which `--address auto` would join."""
    try:
        address = (folder / "ray_current_cluster").read_text().strip()
    except OSError:
        address = ""
    if address and reach(address) is None:
        return ok("cluster", f"one runs at {address}; --address auto joins it")
    return ok("cluster", "none runs on this machine, and none has to")


def authentication(environment: Mapping[str, str], home: Path) -> Finding:
    """Whether a Ray lets only those in who have its token."""
    mode = environment.get("RAY_AUTH_MODE", "").lower()
    if mode and mode != "token":
        found = f"RAY_AUTH_MODE={mode}: whoever reaches Ray's ports can run code here"
        return warn("token", found, "unset RAY_AUTH_MODE")
    named = environment.get("RAY_AUTH_TOKEN_PATH")
    path = Path(named) if named else home / ".ray" / "auth_token"
    made = f"{path}" if path.exists() else f"the first Ray makes it in {path}"
    if environment.get("RAY_AUTH_TOKEN"):
        made = "RAY_AUTH_TOKEN"
    # Our commands turn the token on by themselves; Ray's own command does not.
    submit = "" if mode else "; `ray job submit` needs RAY_AUTH_MODE=token beside it"
    return ok("token", f"asked for: {made}{submit}")


def sessions(folder: Path, commands: set[str]) -> Finding:
    """What Rays that have ended left on the disk.

    Args:
        folder: Ray's folder.
        commands: Words of the processes that run: those of a live Ray name its session.
    """
    found = [each for each in folder.glob("session_*") if not each.is_symlink() and each.is_dir()]
    ended = [each for each in found if not any(each.name in word for word in commands)]
    size = sum(map(_size, ended))
    text = f"{len(ended)} of ended Rays in {folder}, {size / 1e6:,.0f} MB"
    if size > _MUCH:
        return warn("sessions", text, f"while no Ray runs: rm -r {folder}/session_*")
    return ok("sessions", text)


def reach(address: str) -> str | None:
    """Why nothing answers at host:port or ray://host:port; None where something does."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_PROBE_SECONDS):
            return None
    except (OSError, OverflowError) as error:
        return reason(error)
    except ValueError:
        return "expected host:port"


def _attempt(address: str) -> Outcome:
    return probe.attempt(_CODE, address, seconds=_SECONDS)


def _command_lines() -> Iterator[str]:
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        yield from (word for word in words if "session_" in word)


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size
        except OSError:  # taken away meanwhile
            continue
    return total
