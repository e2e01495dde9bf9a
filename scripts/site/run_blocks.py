"""Run every block of the site, in its order, with the ecrops that is installed here, on the AWS of ``ecrops try``.

``scripts/site-blocks`` starts it in an environment of its own. It imports nothing of the project but the modules
beside it.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from blocks import ROOT, Block, Command, blocks_of, commands_of, pages

SECONDS = 30
# what the blocks of all pages name; the README tells its reader to make them first
STAGE = "iam.create_user"
STARTED = time.monotonic()


class Run:
    """One run of all blocks: what was run, what was not, and what failed."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.left: list[str] = []
        self.failed: list[str] = []

    def block(self, block: Block) -> None:
        """Run a block in the current folder."""
        if block.language == "file":
            Path(block.title).write_text(block.text)
            self.counts["files written"] += 1
        elif block.language == "console":
            for command in commands_of(block):
                self._note(block, "commands", command.text, command.not_run, lambda command=command: shell(command))
        else:
            self._note(block, "Python blocks", "", block.not_run, lambda: python(block))

    def _note(self, block: Block, kind: str, text: str, not_run: str, call: object) -> None:
        assert callable(call)
        if not_run:
            self.left.append(f"{block.place} {text.split('#')[0].strip()}: {not_run}")
            return
        self.counts[kind] += 1
        began = time.monotonic()
        if problem := call():
            self.failed.append(f"{block.place} {text}\n{problem}")
            print(f"{time.monotonic() - STARTED:5.0f} s  FAILED {block.place} {text}", flush=True)
        elif (took := time.monotonic() - began) > 5:
            print(f"{time.monotonic() - STARTED:5.0f} s  {block.place} {text} took {took:.0f} s", flush=True)


def python(block: Block) -> str:
    """Run a block of Python in an empty namespace, its tests with pytest. Return what is wrong."""
    if re.search(r"^(?:def test_|class Test)", block.text, re.M):
        Path("test_block.py").write_text(block.text)
        return shell(Command(f"{sys.executable} -m pytest -q -p no:cacheprovider test_block.py", ()))
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * block.line + block.text, block.page, "exec"), {"__name__": "block"})
    except (Exception, SystemExit):
        return traceback.format_exc(limit=-4)
    finally:
        logging.getLogger("ecrops").setLevel(logging.NOTSET)
    return ""


def shell(command: Command) -> str:
    """Run a command. Return what is wrong: its exit code, or a line that the page shows and it did not print."""
    if re.match(r"pip install '?ecrops", command.text):
        return ""  # that is how the environment was made
    if assigned := re.match(r"([A-Z_]+)=", command.text):  # the commands after it are in a shell of their own
        value = subprocess.run(
            ["bash", "-c", f'{command.text}\nprintf %s "${assigned[1]}"'], capture_output=True, text=True, check=False
        )
        os.environ[assigned[1]] = value.stdout
        return "" if value.stdout and not value.returncode else f"it is empty\n{value.stderr}"
    process = subprocess.Popen(
        ["bash", "-c", command.text],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=3 if "until Ctrl-C" in command.text else SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=10)
        if "until Ctrl-C" not in command.text:
            return f"it did not end in {SECONDS} seconds\n{output}"
    missing = [line for line in command.shown if line.strip() not in output]
    if missing or process.returncode:
        return f"exit code {process.returncode}, missing lines {missing}:\n{output}"
    return ""


def stage() -> Block:
    """Return the block of the README that makes what the others use."""
    [block] = [part for part in blocks_of("README.md", (ROOT / "README.md").read_text()) if STAGE in part.text]
    return block


def main() -> int:
    import ecrops

    assert not Path(ecrops.__file__).is_relative_to(ROOT / "ecrops"), ecrops.__file__
    run = Run()
    first = stage()
    run.block(first)
    for page in pages():
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            for block in blocks_of(page, (ROOT / page).read_text()):
                if block != first:
                    run.block(block)
            os.chdir("/")
    print("\n".join(f"not run: {reason}" for reason in run.left))
    print("\n\n".join(run.failed))
    counts = ", ".join(f"{count} {what}" for what, count in run.counts.items())
    print(f"{counts}; {len(run.left)} not run, {len(run.failed)} failed; {time.monotonic() - STARTED:.0f} s")
    return bool(run.failed)


if __name__ == "__main__":
    sys.exit(main())
