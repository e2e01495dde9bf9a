"""Copies of real images over HTTP: ecrops next to ``skopeo copy --all --preserve-digests``, on the same registries.

Called by ``scripts/bench images``. Each contender has an empty registry of its own to copy to. Seconds are measured
without a relay, requests and bytes with one before each registry. skopeo is a process for each image, as it is made
for, and ``start`` is what of it is no copy: its ``--version``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from relay import Relay
from tests.images.judged.layouts import LAYER, Layout, blobs, multi_arch, of_size
from tests.images.judged.registries import TOOLS, Place, docker_registry, of_skopeo, run, session, skopeo_copy

SOURCE, TARGET = "team/api", "prod/api"
WITHIN, ACROSS = "within one registry", "across two registries"
GIGABYTE = 1_000_000_000
Figures = dict[str, float]


class Server(NamedTuple):
    """A docker-registry, and the relay before it if there is one."""

    url: str
    log: Path
    relay: Relay | None

    def requests(self) -> int:
        """Return how many requests it has answered."""
        return len(re.findall(r"http\.request\.method=", self.log.read_text()))


@contextmanager
def server(home: Path, *, counted: bool) -> Iterator[Server]:
    """Run an empty docker-registry."""
    home.mkdir(parents=True)
    with ExitStack() as stack:
        url = stack.enter_context(docker_registry(home, logs=counted))
        relay = stack.enter_context(Relay(url).running()) if counted else None
        yield Server(relay.url if relay else url, home / "log", relay)


def of_ecrops(source: str, target: str, mount_from: str, tags: Sequence[str]) -> Figures:
    """Copy images with ecrops in a process of its own, and return its seconds and its peak of memory."""
    command = [sys.executable, __file__, "--child", source, target, mount_from, *tags]
    began = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    whole = time.perf_counter() - began
    figures: Figures = json.loads(done.stdout)
    return {**figures, "whole": whole}


def child(source: str, target: str, mount_from: str, *tags: str) -> Figures:
    """Copy images, and return what it cost. The process was made for it."""
    from ecrops.aws import Aws, RetryPolicy
    from ecrops.aws.http import Http
    from whole_copies import copy_whole
    from whole_stores import WholeStore

    aws = Aws(session(), 20, RetryPolicy())
    http = Http(aws)
    began = time.perf_counter()
    stores = WholeStore(http, source, SOURCE), WholeStore(http, target, TARGET)
    done = copy_whole(aws, *stores, {tag: [tag] for tag in tags}, mount_from)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "peak": peak_of_memory(), "moved": done.moved}


def of_peer(source: str, target: str, home: Path, tags: Sequence[str]) -> Figures:
    """Copy images with skopeo, and return its seconds, without those in which it starts."""
    began = time.perf_counter()
    for tag in tags:
        skopeo_copy(of_skopeo(source, SOURCE, tag), of_skopeo(target, TARGET, tag), home)
    whole = time.perf_counter() - began
    began = time.perf_counter()
    for _ in tags:
        run("skopeo", "--version", home=home)
    start = time.perf_counter() - began
    return {"seconds": whole - start, "whole": whole}


def peak_of_memory() -> float:
    """Return the most megabytes that this process had: ``ru_maxrss`` would begin with those of its parent."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def measured(contender: str, home: Path, layouts: Path, tags: Sequence[str], *, within: bool, counted: bool) -> Figures:
    """Push images, let a contender copy them, compare the copies byte for byte, and return what it cost."""
    with ExitStack() as stack:
        source = stack.enter_context(server(home / "source", counted=counted))
        target = source if within else stack.enter_context(server(home / "target", counted=counted))
        for tag in tags:
            skopeo_copy(f"oci:{layouts}/{tag}:{tag}", of_skopeo(source.url, SOURCE, tag), home)
        servers = {source.url: source, target.url: target}.values()
        before = [(each.requests(), each.relay.received, each.relay.sent) for each in servers if each.relay]
        if contender == "ecrops":
            figures = of_ecrops(source.url, target.url, SOURCE if within else "", tags)
        else:
            figures = of_peer(source.url, target.url, home, tags)
        after = [(each.requests(), each.relay.received, each.relay.sent) for each in servers if each.relay]
        if counted:
            sums = [sum(column) for column in zip(*after, strict=True)]
            old = [sum(column) for column in zip(*before, strict=True)]
            names = ("requests", "up", "down")
            figures |= {name: now - then for name, now, then in zip(names, sums, old, strict=True)}
        _compare(target.url, layouts, tags, home)
        return figures


def _compare(url: str, layouts: Path, tags: Sequence[str], home: Path) -> None:
    (home / "pulled").mkdir()
    for tag in tags:
        skopeo_copy(of_skopeo(url, TARGET, tag), f"oci:{home}/pulled/{tag}:{tag}", home)
        assert blobs(home / "pulled" / tag) == blobs(layouts / tag), f"{tag} differs"


def compare(where: str, layouts: Path, tags: Sequence[str], rounds: int) -> None:
    """Print what both contenders cost, within a registry or across two."""
    print(f"\n{where}: {len(tags)} images for two platforms")
    runs: dict[str, list[Figures]] = {"skopeo": [], "ecrops": []}
    for number in range(rounds + 1):
        for contender, figures in runs.items():  # in turn, so that both have the same neighbours
            with tempfile.TemporaryDirectory() as home:
                counted, within = number == rounds, where == WITHIN
                figures.append(measured(contender, Path(home), layouts, tags, within=within, counted=counted))
    medians = {}
    for contender, (*timed, counts) in runs.items():
        medians[contender] = seconds = statistics.median(each["seconds"] for each in timed)
        whole = statistics.median(each["whole"] for each in timed)
        print(
            f"  {contender:8} {seconds:6.2f} s ({whole:.2f} s with its start) {counts['requests']:5.0f} requests "
            f"{counts['up'] / 1e6:8.2f} MB sent {counts['down'] / 1e6:8.2f} MB received"
        )
    print(f"  ecrops is {medians['skopeo'] / medians['ecrops']:.1f} times as fast", flush=True)


def stream(size: int) -> None:
    """Print the peak of memory of a copy of one large layer."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder)
        layout = Layout(home / "large")
        layout.add_index(
            "large", [layout.add_manifest("amd64", [layout.add_file(of_size(home / "layer", size), LAYER)])]
        )
        source, target = (stack.enter_context(server(home / name, counted=False)) for name in ("source", "target"))
        skopeo_copy(f"oci:{home}/large:large", of_skopeo(source.url, SOURCE, "large"), home)
        figures = of_ecrops(source.url, target.url, "", ["large"])
        assert figures["moved"] >= size
        megabytes, seconds = figures["moved"] / 1e6, figures["seconds"]
        speed = f"{seconds:.1f} s, {megabytes / seconds:.0f} MB/s"
        print(f"\none layer of {megabytes:.0f} MB: {speed}, {figures['peak']:.0f} MB peak")


def by_api(layouts: Path, tags: Sequence[str], home: Path) -> None:
    """Print what copies by the API take, on the emulator's one store, next to skopeo over ``/v2``.

    Seconds would be those of the emulator.
    """
    from ecrops import Registry, RepositorySpec
    from ecrops.testing import in_memory

    print(f"\nby the API, on the emulator: {len(tags)} images for two platforms")
    for where, region, setting in (
        (WITHIN, "eu-west-1", "ENABLED"),
        ("within one registry that mounts nothing", "eu-west-1", "DISABLED"),
        (ACROSS, "us-east-1", "DISABLED"),
    ):
        with in_memory() as cloud, Relay(cloud.registry_endpoint()).running() as relay:
            for each in {"eu-west-1", region}:
                for name in (SOURCE, "peer/api"):
                    cloud.client("ecr", each).create_repository(repositoryName=name)
            cloud.client("ecr").put_account_setting(name="BLOB_MOUNTING", value=setting)
            source, target = (Place.of(cloud, each, relay.url) for each in ("eu-west-1", region))
            for tag in tags:
                image = f"oci:{layouts}/{tag}:{tag}"
                skopeo_copy(image, of_skopeo(relay.url, SOURCE, tag), home, *source.options("dest"))
            calls, sent = len(cloud.calls), relay.received
            for tag in tags:
                image, copy = (of_skopeo(relay.url, name, tag) for name in (SOURCE, "peer/api"))
                skopeo_copy(image, copy, home, *source.options("src"), *target.options("dest"))
            megabytes = (relay.received - sent) / 1e6
            print(f"  {where}: skopeo {len(cloud.calls) - calls} requests, {megabytes:.2f} MB sent;", end=" ")
            here, there = (Registry(cloud.session(each)) for each in ("eu-west-1", region))
            calls = len(cloud.calls)
            copied = here.repository(SOURCE).copy_images(there.repository(TARGET), create=RepositorySpec(TARGET))
            print(f"ecrops {len(cloud.calls) - calls} calls and requests, {copied.bytes_moved / 1e6:.2f} MB sent")


def main() -> None:
    """Run what the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=5)
    parser.add_argument("--layers", type=int, default=5)
    parser.add_argument("--size", type=int, default=4_000_000, help="bytes of a layer")
    parser.add_argument("--rounds", type=int, default=3, help="0: only the copies by the API")
    parser.add_argument("--large", type=int, default=GIGABYTE, help="bytes of the large layer; 0 for none")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(child(*options.child)))
        return
    missing = [tool for tool in TOOLS[:2] if not shutil.which(tool)]
    if missing:
        sys.exit(f"not here: {', '.join(missing)}; apt-get install them, or see scripts/judges/registries")
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    tags = [f"v{number}" for number in range(options.images)]
    with tempfile.TemporaryDirectory() as folder:
        layouts = Path(folder)
        for seed, tag in enumerate(tags):
            multi_arch(layouts / tag, tag, layers=options.layers, size=options.size, seed=seed)
        for where in (WITHIN, ACROSS) if options.rounds else ():
            compare(where, layouts, tags, options.rounds)
        by_api(layouts, tags, layouts)
    if options.large:
        stream(options.large)


if __name__ == "__main__":
    main()
