"""The scripts and buildspecs of stage Build, without AWS, SAM or a compiler."""

import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "compliance")]


@pytest.fixture
def checkout(tmp_path):
    """A folder with the scripts, parameters and stand-ins for programs, in which a script may run."""
    for name in ("scripts", "parameters"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "bin").mkdir()
    return Checkout(tmp_path)


class Checkout:
    def __init__(self, folder):
        self.folder = folder
        self.calls = folder / "calls"

    def stand_in(self, name, script="", folder="bin"):
        """A program that writes its command line down and then does what the script says."""
        path = self.folder / folder / name
        path.write_text(f'#!/usr/bin/env bash\nset -e\necho "{name} $*" >>"{self.calls}"\n{script}\n')
        path.chmod(0o755)

    def run(self, script, *arguments, **variables):
        environment = {"PATH": f"{self.folder / 'bin'}:/usr/bin:/bin", "HOME": str(self.folder)} | variables
        command = ["bash", str(self.folder / "scripts" / script), *arguments]
        return subprocess.run(command, env=environment, cwd=self.folder, capture_output=True, text=True, timeout=60)

    def called(self):
        return self.calls.read_text().splitlines() if self.calls.exists() else []
