"""ecrops next to Ansible's ``community.aws.ecs_ecr``, whole processes: `scripts/bench ansible`.

``BENCH_ANSIBLE`` names the ``ansible-playbook`` of an installation that has the collection and boto3. The module sets
no tags, so ecrops sets none here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from contenders import POLICY
from running import STEPS, counts, server

ECROPS = """
import sys
from ecrops import Registry, RepositorySpec
from contenders import RULES
Registry().ensure(*(
    RepositorySpec(name, lifecycle_rules=RULES, image_tag_mutability="IMMUTABLE", image_scan_on_push=True)
    for name in sys.argv[1:]
))
"""


def playbook(names: list[str], url: str, python: str) -> str:
    """Return a playbook, as JSON, which is YAML too."""
    task = {
        "community.aws.ecs_ecr": {
            "name": "{{ item }}",
            "image_tag_mutability": "immutable",
            "scan_on_push": True,
            "lifecycle_policy": json.dumps(POLICY),
            "region": "eu-west-1",
            "endpoint_url": url,
            "access_key": "bench",
            "secret_key": "bench",
        },
        "loop": names,
    }
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}
    return json.dumps([{**play, "vars": {"ansible_python_interpreter": python}}])


def main(number: int) -> None:
    """Create, then nothing to do."""
    command = os.environ.get("BENCH_ANSIBLE")
    if not command:
        sys.exit("BENCH_ANSIBLE: expected the path of ansible-playbook")
    names = [f"team/{place:03}" for place in range(number)]
    with tempfile.TemporaryDirectory() as folder, server() as theirs, server() as ours:
        book = Path(folder) / "fleet.json"
        book.write_text(playbook(names, theirs, str(Path(command).parent / "python")))
        environment = {**os.environ, "AWS_DEFAULT_REGION": "eu-west-1", "TZ": "UTC", "AWS_ENDPOINT_URL": ours}
        environment |= {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
        environment["PYTHONPATH"] = f"{environment.get('PYTHONPATH', '.')}:{Path(__file__).parent}"
        for step in STEPS[:2]:
            seconds = []
            for arguments, url in (([command, str(book)], theirs), ([sys.executable, "-c", ECROPS, *names], ours)):
                before, start = counts(url)["calls"], time.perf_counter()
                done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=False)
                if done.returncode:
                    sys.exit(f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
                seconds.append(time.perf_counter() - start)
                print(
                    f"{step}: {Path(arguments[0]).name} {seconds[-1]:.2f} s, {counts(url)['calls'] - before:.0f} calls"
                )
            print(f"{step}: {seconds[0] / seconds[1]:.0f} times as long")


if __name__ == "__main__":
    for count in map(int, sys.argv[1:] or ["20"]):
        print(f"{count} repositories")
        main(count)
