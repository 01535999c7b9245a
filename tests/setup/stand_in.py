"""Stands in for every tool that deploy-pipeline.sh calls: a few lines of shell per tool ask the test's own process.

`world` says what they answer; `calls` has what they were asked, in order.
"""

import os
import pathlib
import signal
import sys
import threading

import stand_in_aws
from stand_in_aws import Refused

TOOLS = ("aws", "sam", "git", "cargo", "rustup", "uname", "sleep", "zig", "python3")
# One asks at a time, so one pipe each way is enough. {python} runs the script's own Python parts for real.
CLIENT = """#!{bash}
if [ "${{0##*/}}" = python3 ] && [ "${{1-}}" = -I ]; then exec {python} "$@"; fi
printf '%s\\0' "${{0##*/}}" "$PPID" "$@" >{folder}/question
read -r code <{folder}/answer
out=$(<{folder}/out) err=$(<{folder}/err)
[ -z "$out" ] || printf '%s\\n' "$out"
[ -z "$err" ] || printf '%s\\n' "$err" >&2
exit "$code"
"""
# What tools print about themselves; the world may name other texts, or call a tool missing.
VERSIONS = {
    "aws": "aws-cli/2.27.1 Python/3.13.2 Linux/6.1 exe/x86_64",
    "sam": "SAM CLI, version 1.170.0",
    "cargo": "cargo 1.95.0 (f2d3ce0bd 2026-03-21)",
    "cargo lambda": "cargo-lambda 1.9.2 (67129fc 2026-08-21Z)",
    "python3": "Python 3.12.3",
    "git": "git version 2.39.5",
    "zig": "0.15.1",
}
MANY_PAUSES = 200


def version(world, name):
    if name in world["missing"]:
        raise Refused(f"{name}: not there", 101)
    return world["versions"].get(name, VERSIONS[name])


def git(world, words):
    if words[:2] == ["remote", "get-url"]:
        if words[2] not in world["remotes"]:
            raise Refused(f"error: No such remote '{words[2]}'", 2)
        return world["remotes"][words[2]]
    if words[0] == "rev-parse":
        if not world["commit"]:
            raise Refused("fatal: Needed a single revision", 128)
        return world["commit"]
    return version(world, "git")


def sam(world, words):
    if words == ["--version"]:
        return version(world, "sam")
    if words[0] in world["samFails"]:
        raise Refused(f"sam {words[0]}: as asked", 1)


def python3(world, words):
    if words[:2] == ["-m", "ziglang"]:
        raise Refused("No module named ziglang", 1)
    return version(world, "python3")


def aws(world, words):
    return version(world, "aws") if words == ["--version"] else stand_in_aws.call(world, words)


class StandIns:
    def __init__(self, folder, bash, world):
        self.folder, self.world, self.calls = folder, world, []
        folder.mkdir()
        for pipe in ("question", "answer"):
            os.mkfifo(folder / pipe)
        self.client = CLIENT.format(bash=bash, folder=folder, python=sys.executable)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def place(self, bin):
        for name in TOOLS:
            (bin / name).write_text(self.client)
            (bin / name).chmod(0o755)

    def serve(self):
        while True:
            words = (self.folder / "question").read_bytes().decode().split("\0")[:-1]
            if words == ["end"]:
                return
            code, out, err = self.respond(words[0], int(words[1]), words[2:])
            (self.folder / "out").write_text(out or "")
            (self.folder / "err").write_text(err)
            (self.folder / "answer").write_text(f"{code}\n")

    def respond(self, name, parent, words):
        self.calls.append([name, *words])
        try:
            if name == "sleep":
                return 0, self.pause(parent), ""
            if name == "cargo":
                return 0, version(self.world, "cargo lambda" if words[0] == "lambda" else "cargo"), ""
            if name == "rustup":
                return 0, "\n".join(self.world["rustTargets"]), ""
            if name == "uname":
                return 0, self.world["computer"][words[0]], ""
            if name == "zig":
                return 0, version(self.world, "zig"), ""
            return 0, globals()[name](self.world, words), ""
        except Refused as refusal:
            return refusal.code, "", str(refusal)
        except Exception as error:  # a call that nobody thought of; the script must end, and the test say it
            return 99, "", f"stand-in: {name} {words}: {error!r}"

    def pause(self, parent):
        """Nobody waits in tests. The world may have somebody press Ctrl-C in the n-th pause; no loop is endless."""
        self.world["pauses"] += 1
        if self.world["pauses"] == self.world["interruptInPause"]:
            os.kill(parent, signal.SIGINT)
        elif self.world["pauses"] > MANY_PAUSES:
            os.kill(parent, signal.SIGTERM)

    def stop(self):
        (self.folder / "question").write_bytes(b"end\0")
        self.thread.join()

