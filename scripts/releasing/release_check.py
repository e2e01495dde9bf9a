"""Build the archives of a release, and try each as a user would, in environments of their own.

``scripts/release-check`` runs it. It ends with an exit code of 1 at the first thing that is wrong, and says what.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import contents

ROOT = contents.ROOT
sys.path.insert(0, str(ROOT / "tests" / "helpers"))
from user_program import HEAD, RIGHT, WRONG  # noqa: E402

USERS = Path(__file__).parent / "users"
STARTED = time.monotonic()


def say(text: str) -> None:
    """Print a line with the seconds since the start."""
    print(f"{time.monotonic() - STARTED:5.0f} s  {text}", flush=True)


def refuse(text: str) -> None:
    """End with a message."""
    sys.exit(f"release-check: {text}")


def run(*command: str | Path, cwd: Path, code: int = 0) -> str:
    """Run a command without what the caller's environment says of Python or AWS. Return what it printed."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AWS_", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=600
    )
    output = done.stdout + done.stderr
    if done.returncode != code:
        refuse(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{output}")
    return output


def build(folder: Path) -> tuple[Path, Path]:
    """Build the source archive, and the wheel from it. Return both, after a look into them."""
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    [wheel], [sdist] = folder.glob("*.whl"), folder.glob("*.tar.gz")
    run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist, cwd=folder)
    project = contents.tracked()
    problems = [
        *contents.wheel_problems(contents.wheel_files(wheel), project),
        *contents.sdist_problems(contents.sdist_files(sdist), project),
    ]
    if problems:
        refuse("\n".join(problems))
    say(f"built {wheel.name} ({wheel.stat().st_size:,} bytes) and {sdist.name} ({sdist.stat().st_size:,} bytes)")
    return wheel, sdist


def install(archive: Path, extras: str, folder: Path) -> Path:
    """Install an archive in a new environment. Return the environment's folder of programs."""
    run(sys.executable, "-m", "venv", folder, cwd=ROOT)
    pip: list[str | Path] = [
        folder / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-compile",
    ]
    run(*pip, "-c", ROOT / "constraints.txt", f"ecrops{extras} @ {archive.as_uri()}", cwd=folder)
    return folder / "bin"


def use(programs: Path, extras: str, folder: Path) -> None:
    """Use what is installed: the command, every public name, and with the extras the AWS of ecrops.testing."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"].get("version") or _version()
    python = programs / "python"
    if version not in (output := run(programs / "ecrops", "--version", cwd=folder)):
        refuse(f"ecrops --version says {output!r}, and ecrops/version.py {version!r}")
    if version not in (output := run(python, "-c", "import ecrops; print(ecrops.__version__)", cwd=folder)):
        refuse(f"ecrops.__version__ is {output!r}")
    run(python, "-W", "error", USERS / "every_name.py", cwd=folder)
    run(programs / "ecrops", "schema", cwd=folder)
    if not extras:
        return
    run(python, "-W", "error", "-c", "import ecrops.testing", cwd=folder)
    run(python, "-m", "ecrops.testing", python, USERS / "program.py", cwd=folder)
    run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", USERS / "test_plugin.py", cwd=folder)


def _version() -> str:
    match = re.search(r'^__version__ = "(.+)"$', (ROOT / "ecrops" / "version.py").read_text(), re.M)
    assert match
    return match[1]


def check_types(programs: Path, folder: Path) -> None:
    """Let two type checkers read a user's program: every line with a mistake is flagged, and no other."""
    program = folder / "program.py"
    program.write_text(HEAD + RIGHT + WRONG)
    python = programs / "python"
    checkers: dict[str, list[str | Path]] = {
        "mypy": [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--python-executable", python],
        "basedpyright": [Path(sys.executable).parent / "basedpyright", "--level", "error", "--pythonpath", python],
    }
    lines = program.read_text().splitlines()
    for name, command in checkers.items():
        output = run(*command, program, cwd=folder, code=1)
        flagged = {lines[int(number) - 1] for number in re.findall(r"program\.py:(\d+)(?::\d+)?:? -? ?error", output)}
        wrong = {line for line in WRONG.splitlines() if line}
        if flagged != wrong:
            refuse(f"{name} flags {sorted(flagged - wrong)}, and not {sorted(wrong - flagged)}:\n{output}")
        say(f"{name} finds the {len(wrong)} mistakes of a program, and nothing else")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ecrops-release-") as place:
        folder = Path(place)
        archives = build(folder)
        for archive in archives:
            for extras in ("", "[cli,yaml,testing]"):
                name = f"{'wheel' if archive.suffix == '.whl' else 'sdist'}{'-extras' if extras else ''}"
                programs = install(archive, extras, folder / name)
                (work := folder / f"{name}-work").mkdir()
                use(programs, extras, work)
                say(f"{archive.name}{extras} is installed, and used")
        (work := folder / "types").mkdir()
        check_types(folder / "wheel" / "bin", work)
    say("ready for a release")


if __name__ == "__main__":
    main()
