"""Moving layers from one repository to another: each once, mounted where that is possible, else streamed.

Called by the changes of a copy, right before the manifest is written that names the layers, on the worker of that
change. Several workers move layers at once. How many bytes are in memory is bounded.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from ecrops.aws import Aws
from ecrops.aws.locks import renew_after_fork
from ecrops.images.copying.stores.api import PART, ApiStore
from ecrops.images.copying.stores.base import Store
from ecrops.images.manifests import Layer

if TYPE_CHECKING:
    from ecrops.images.copying.mounting import Mounter

IN_MEMORY = 3 * PART
"""The bytes of parts that are read and not sent yet, in all. A call needs about four times the bytes of its part."""


class Transfers:
    """Moves the layers of one copy, and counts their bytes.

    Args:
        source: The account and region that the images are in.
        name: Their repository.
        target: The repository that they go to.

    Attributes:
        can_mount: Whether the registry may mount layers, as far as could be told before.
        moved: The bytes that were streamed.
        mounted: The bytes that were mounted.
    """

    def __init__(self, source: Aws, name: str, target: str) -> None:
        self._source, self._name, self._target = source, name, target
        self.can_mount = False
        self._mounter: Mounter | None = None
        self.moved = self.mounted = 0
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Begin without locks that a forked process could never open."""
        self._count = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._done: set[str] = set()
        self._room = threading.Condition()
        self._free = IN_MEMORY

    def __reduce__(self) -> NoReturn:
        raise TypeError("a copy reads with the credentials of its source, which are never pickled: plan where it runs")

    def states(self, digests: Sequence[str]) -> dict[str, tuple[str, int]]:
        """Return the availability of layers at the source."""
        return ApiStore(self._source, self._name).states(digests)

    def bring(self, aws: Aws, layers: Sequence[Layer]) -> None:
        """Make layers be at the target.

        Args:
            aws: The account and region of the target.
            layers: The layers.
        """
        aws = aws.stoppable()  # a layer that fails stops the other layers of its manifest, and no other image
        store, source = ApiStore(aws, self._target), self._source.bound_to(aws)
        open_layers = [layer for layer in layers if layer.digest not in self._done]
        there = store.has(layer.digest for layer in open_layers)
        missing = [layer for layer in open_layers if layer.digest not in there]
        missing.sort(key=lambda layer: -layer.size)
        aws.map(partial(self._bring, aws, ApiStore(source, self._name), store), missing, aws.stop)
        self._done.update(layer.digest for layer in layers)

    def _bring(self, aws: Aws, source: ApiStore, store: Store, layer: Layer) -> None:
        with self._count:
            lock = self._locks[layer.digest]
        with lock:  # two images with one layer move it once
            if layer.digest in self._done:
                return
            if self.can_mount and self._mounter_of(aws).mount(aws, layer):
                self._add(mounted=layer.size)
            else:
                with self._memory(min(layer.size or PART, PART)):
                    stream = source.open(layer.digest)
                    try:
                        size = layer.size if stream.size is None else stream.size
                        store.upload(layer.digest, size, stream)
                    finally:
                        stream.close()
                self._add(moved=size)
            self._done.add(layer.digest)

    @property
    def reason(self) -> str:
        """Why layers were streamed that could have been mounted; empty if none was."""
        return self._mounter.reason if self._mounter else ""

    def _mounter_of(self, aws: Aws) -> Mounter:
        with self._count:
            if self._mounter is None:
                from ecrops.images.copying.mounting import Mounter

                self._mounter = Mounter(aws, self._name, self._target)
            return self._mounter

    def _add(self, moved: int = 0, mounted: int = 0) -> None:
        with self._count:
            self.moved += moved
            self.mounted += mounted

    @contextmanager
    def _memory(self, size: int) -> Iterator[None]:
        """Hold some bytes of memory: wait until there are as many."""
        with self._room:
            self._room.wait_for(lambda: self._free >= size)
            self._free -= size
        try:
            yield
        finally:
            with self._room:
                self._free += size
                self._room.notify_all()
