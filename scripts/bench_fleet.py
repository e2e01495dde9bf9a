"""ecrops against the loop that people write by hand, over HTTP, on one emulated AWS.

Each figure is measured in a process of its own, which prints its calls, seconds and peak memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SETTINGS = {"image_tag_mutability": "IMMUTABLE", "image_scan_on_push": True}
TAGS = {"team": "web", "stage": "test"}
POLICY = {
    "rules": [
        {
            "rulePriority": 1,
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countNumber": 7,
                "countUnit": "days",
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 2,
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 30},
            "action": {"type": "expire"},
        },
    ]
}


def with_ecrops(names: list[str], session: Any) -> None:
    """One call of ecrops."""
    from ecrops import Registry, RepositorySpec

    fleet = [RepositorySpec(name, lifecycle_rules=POLICY["rules"], tags=TAGS, **SETTINGS) for name in names]  # type: ignore[arg-type]
    Registry(session).ensure(*fleet)


def by_hand(names: list[str], session: Any) -> None:
    """Describe or create each repository, then put everything."""
    ecr = session.client("ecr")
    for name in names:
        try:
            arn = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]["repositoryArn"]
        except ecr.exceptions.RepositoryNotFoundException:
            arn = ecr.create_repository(repositoryName=name)["repository"]["repositoryArn"]
        ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="IMMUTABLE")
        ecr.put_image_scanning_configuration(repositoryName=name, imageScanningConfiguration={"scanOnPush": True})
        ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps(POLICY))
        ecr.tag_resource(resourceArn=arn, tags=[{"Key": key, "Value": value} for key, value in TAGS.items()])


CONTENDERS: dict[str, Callable[[list[str], Any], None]] = {"ecrops": with_ecrops, "by hand": by_hand}


def measure(contender: str, count: int, prefix: str, latency: float) -> None:
    """In a process of its own: run once, and print what it cost."""
    import boto3

    session, calls = boto3.Session(), 0

    def delay(request: Any, **_: Any) -> None:
        nonlocal calls
        calls += 1
        request.headers["x-emulator-delay"] = str(latency)

    session.events.register("before-send", delay)
    names = [f"{prefix}/{number:04}" for number in range(count)]
    start = time.perf_counter()
    CONTENDERS[contender](names, session)
    seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"calls": calls, "seconds": seconds, "memory": memory}))


def run_one(contender: str, count: int, prefix: str, latency: float, url: str) -> dict[str, float]:
    """What ``measure`` prints in a process of its own."""
    environment = {**os.environ, "AWS_ENDPOINT_URL": url, "AWS_DEFAULT_REGION": "eu-west-1"}
    environment |= {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
    command = [sys.executable, __file__, "--measure", contender, str(count), prefix, str(latency)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


@contextmanager
def server() -> Iterator[str]:
    """The emulator in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(timeout=30)


def serve() -> None:
    """Serve until standard input is closed."""
    from emulator import running_server

    with running_server() as running:
        print(running.url, flush=True)
        sys.stdin.read()


def compare(counts: list[int], latency: float) -> None:
    """All sizes, create and nothing to do, as a table."""
    print(f"{latency * 1000:.0f} ms added to each call; seconds and memory are of a whole process's one run")
    print(f"{'':34}{'calls':>8}{'seconds':>10}{'peak MB':>9}{'ratio':>8}")
    for count in counts:
        with server() as url:
            for step in ("create", "nothing to do"):
                slow: dict[str, float] = {}
                for contender in ("by hand", "ecrops"):
                    got = run_one(contender, count, contender.replace(" ", "-"), latency, url)
                    slow = slow or got
                    row = f"{count:>5} repositories, {step:<14}"
                    print(f"{row:<34}", end="") if contender == "by hand" else print(f"{'':34}", end="")
                    ratio = f"{slow['seconds'] / got['seconds']:.1f}x" if contender == "ecrops" else ""
                    figures = f"{got['calls']:>8.0f}{got['seconds']:>10.2f}{got['memory']:>9.0f}{ratio:>8}"
                    print(f"{figures}   {contender}", flush=True)


def imports(runs: int = 15) -> None:
    """The cost of ``import ecrops`` beyond ``import boto3``: the median, of compiled modules as pip installs them."""
    subprocess.run([sys.executable, "-m", "compileall", "-q", "ecrops"], check=True)
    code = "import time, boto3; t = time.process_time(); import ecrops; print(time.process_time() - t)"
    costs = sorted(
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) * 1000
        for _ in range(runs)
    )
    middle = costs[len(costs) // 2]
    spread = f"{costs[0]:.1f} to {costs[-1]:.1f}, {runs} runs"
    print(f"import ecrops beyond import boto3: {middle:.1f} ms of processor time ({spread})")


def main() -> None:
    """Read the command line."""
    if sys.argv[1:2] == ["--serve"]:
        serve()
        return
    if sys.argv[1:2] == ["--measure"]:
        contender, count, prefix, latency = sys.argv[2:]
        measure(contender, int(count), prefix, float(latency))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repositories", type=int, nargs="*", default=[1, 100, 500])
    parser.add_argument("--latency", type=float, default=0.02, help="seconds added to each call")
    options = parser.parse_args()
    imports()
    compare(options.repositories, options.latency)


if __name__ == "__main__":
    main()
