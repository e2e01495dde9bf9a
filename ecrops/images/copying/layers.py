"""Moving layers from one repository to another: each once, mounted where that is possible, else streamed.

Called by the changes of a copy, right before the manifest is written that names the layers, on the worker of that
change. Several workers move layers at once. How many bytes are in memory is bounded.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from ecrops.aws import Aws
from ecrops.aws.locks import renew_after_fork
from ecrops.base.render import text_size
from ecrops.images.copying.stores.api import AVAILABLE, PART, ApiStore
from ecrops.images.copying.stores.content import Content
from ecrops.images.manifests import Layer

if TYPE_CHECKING:
    from ecrops.images.copying.mounting import Mounter

IN_MEMORY = 3 * PART
"""The bytes of parts that are read and not sent yet, in all."""
EVERY = 1_000_000
"""The progress hears of a layer after so many bytes."""


class Transfers:
    """Moves the layers of one copy, and counts their bytes.

    Args:
        source: The account and region that the images are in.
        name: Their repository.
        target: The repository that they go to.

    Attributes:
        can_mount: Whether the registry may mount layers, as far as could be told before.
        planned: The bytes that the target lacked when the copy was planned.
        moved: The bytes that were streamed.
        mounted: The bytes that were mounted.
    """

    def __init__(self, source: Aws, name: str, target: str) -> None:
        self._source, self._name, self._target = source, name, target
        self.can_mount = False
        self._mounter: Mounter | None = None
        self.planned = self.moved = self.mounted = 0
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Begin without locks that a forked process could never open."""
        self._count = threading.Lock()
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._done: set[str] = set()
        self._manifests: set[str] = set()
        self._under_way: dict[str, int] = {}
        self._room = threading.Condition()
        self._free = IN_MEMORY

    def __reduce__(self) -> NoReturn:
        raise TypeError("a copy reads with the credentials of its source, which are never pickled: plan where it runs")

    def states(self, aws: Aws, digests: Sequence[str]) -> dict[str, tuple[str, int]]:
        """Return the availability of layers at the source. One is asked for, so that nothing is begun without leave.

        Args:
            aws: The account and region of the target.
            digests: The layers.

        Raises:
            ClientError: The account may not read them.
        """
        store = ApiStore(self._source.bound_to(aws), self._name)
        states = store.states(digests)
        if readable := next((digest for digest, (state, _) in states.items() if state == AVAILABLE), ""):
            store.url(readable)
        return states

    def bring(self, aws: Aws, manifest: str, layers: Sequence[Layer]) -> None:
        """Make the layers of a manifest be at the target.

        Args:
            aws: The account and region of the target.
            manifest: The digest of the manifest. If they were brought for it before, they are looked for again: its
                call was refused, and a layer that no image names may be gone.
            layers: The layers.
        """
        if manifest in self._manifests:
            self._done.difference_update(layer.digest for layer in layers)
        work = aws.stoppable()  # a layer that cannot be moved stops those of its image, and no other image
        store, source = ApiStore(work, self._target), ApiStore(self._source.bound_to(work), self._name)
        open_layers = [layer for layer in layers if layer.digest not in self._done]
        present = store.has(layer.digest for layer in open_layers)
        missing = [layer for layer in open_layers if layer.digest not in present]
        missing.sort(key=lambda layer: -layer.size)
        work.map(partial(self._bring, work, source, store), missing, work.stop)
        self._done.update(layer.digest for layer in layers)
        self._manifests.add(manifest)

    def _bring(self, aws: Aws, source: ApiStore, store: ApiStore, layer: Layer) -> None:
        with self._count:
            lock = self._locks[layer.digest]
        with lock:  # two images with one layer move it once
            if layer.digest in self._done:
                return
            if self.can_mount and self._mounter_of(aws).mount(aws, layer):
                self._add(mounted=layer.size)
            else:
                with self._memory(min(layer.size or PART, PART)):
                    self._move(aws, source, store, layer)
            self._done.add(layer.digest)
            self._tell(aws)

    def _move(self, aws: Aws, source: ApiStore, store: ApiStore, layer: Layer) -> None:
        with closing(source.open(layer.digest)) as stream:
            size = layer.size if stream.size is None else stream.size
            try:
                store.upload(layer.digest, size, Counted(stream, partial(self._come_to, aws, layer.digest)))
            finally:
                self._under_way.pop(layer.digest, None)
        self._add(moved=size)

    def _come_to(self, aws: Aws, digest: str, offset: int) -> None:
        """Note that a layer has come so far."""
        self._under_way[digest] = offset
        self._tell(aws)

    def _tell(self, aws: Aws) -> None:
        """Tell the progress how many bytes have come, with those of layers that are under way."""
        if aws.on_amount:
            amount = self.moved + self.mounted + sum(list(self._under_way.values()))
            aws.tell_amount(f"{text_size(amount)} of {text_size(max(amount, self.planned))}")

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


class Counted:
    """A stream that tells which byte it has come to.

    Args:
        stream: The stream.
        tell: Told of the byte that comes next, from time to time.
    """

    def __init__(self, stream: Content, tell: Callable[[int], object]) -> None:
        self._stream, self._tell = stream, tell
        self._offset = self._told = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        content = self._stream.read(size)
        self._offset += len(content)
        if self._offset >= self._told + EVERY:
            self._told = self._offset
            self._tell(self._offset)
        return content

    def seek(self, offset: int, /) -> int:
        """Go on at another byte."""
        self._offset = self._told = offset
        return self._stream.seek(offset)

    def close(self) -> None:
        """Give the connection back."""
        self._stream.close()
