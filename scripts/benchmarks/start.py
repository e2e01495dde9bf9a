"""What it costs to begin: importing ecrops, and the first request of a new process: `scripts/bench start`.

The modules of all packages are compiled before, as pip does when it installs them. Rounds are paired: a process of the
one, then a process of the other.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from running import server

PACKAGES = ("ecrops", "boto3", "botocore", "urllib3", "jmespath", "dateutil", "s3transfer", "tenacity")
IMPORT = """
import time, boto3
start = time.process_time()
import ecrops
from ecrops import Registry, RepositorySpec, RetryPolicy
print(1000 * (time.process_time() - start))
"""
CREATE = """
import boto3
boto3.client("ecr").create_repository(repositoryName="team/api")
"""
BOTO3 = """
import boto3
boto3.client("ecr").describe_repositories(repositoryNames=["team/api"])
"""
ECROPS = """
from ecrops import Registry, RepositorySpec
Registry().plan(RepositorySpec("team/api"))
"""
TIMED = "import time; start = time.perf_counter(); processor = time.process_time()"
PRINTED = "print(1000 * (time.perf_counter() - start), 1000 * (time.process_time() - processor))"


def compile_all() -> None:
    """Compile what is imported."""
    for package in PACKAGES:
        spec = find_spec(package)
        if spec and spec.origin:
            folder = str(Path(spec.origin).parent)
            subprocess.run([sys.executable, "-m", "compileall", "-q", folder], check=True)


def printed(code: str, url: str = "") -> list[float]:
    """Run code in a process of its own, and return the numbers that it prints."""
    environment = {**os.environ, "AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": "eu-west-1", "TZ": "UTC"}
    environment |= {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return [float(number) for number in done.stdout.split()]


def main(rounds: int = 21) -> None:
    """Measure, and print medians."""
    compile_all()
    imports = sorted(printed(IMPORT)[0] for _ in range(rounds))
    spread = f"{imports[0]:.1f} to {imports[-1]:.1f}"
    print(f"import ecrops, Registry and RepositorySpec beyond boto3: {median(imports):.1f} ms of processor ({spread})")
    with server("--latency", "0") as url:
        printed(CREATE, url)
        pairs = [
            (printed(f"{TIMED}{BOTO3}{PRINTED}", url), printed(f"{TIMED}{ECROPS}{PRINTED}", url)) for _ in range(rounds)
        ]
    for place, unit in enumerate(("ms", "ms of processor")):
        boto3, ours = (median(pair[who][place] for pair in pairs) for who in (0, 1))
        ratio = median(pair[1][place] / pair[0][place] for pair in pairs)
        print(f"first request of a process: boto3 {boto3:.0f} {unit}, ecrops {ours:.0f}, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
