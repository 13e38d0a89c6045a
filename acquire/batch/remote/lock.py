"""The lock of a place: an object that is written anew every few seconds.

One that is not any more was left by a run that has died.
"""

from __future__ import annotations

import errno
import json
import threading
import time
import uuid
from contextlib import suppress

from acquire.batch.remote.place import Place
from acquire.batch.store import STATE, holder, lines_of, taken

LOCK = f"{STATE}/locks/"
"""What the names of locks begin with."""
RENEWAL, ABANDONED = 20.0, 60.0
"""Seconds after which a lock is renewed, and after which one that was not is nobody's."""


class Lock:
    """The lock of a place: an object whose number is above those of abandoned ones.

    Two runs cannot both make the object of a number; where a place does not keep them from it,
    the one whose object was overwritten notices when it looks again.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._token = uuid.uuid4().hex
        self._address = ""
        self._holder = ""
        self._renewed = 0.0
        self._lost = False
        self._using = threading.Lock()
        self._released = threading.Event()
        self._thread = threading.Thread(target=self._keep_renewing, daemon=True)

    def take(self) -> None:
        """Have it from here on.

        Raises:
            InputError: another run has it.
        """
        found = self._found()
        for address, content in found.items():
            self._refuse_unless_abandoned(address, content)
        highest = max((int(address.removeprefix(LOCK)) for address in found), default=0)
        self._address, self._holder = f"{LOCK}{highest + 1:08}", holder()
        own = self._content()
        try:
            self._place.put_new(self._address, own)
        except FileExistsError:
            raise taken(self._place.name, "") from None
        self._renewed = time.time()
        if self._found() != found | {self._address: own}:
            self.release()
            raise taken(self._place.name, "")
        self._place.remove(*found)
        self._thread.start()

    def _found(self) -> dict[str, bytes]:
        names = [a for a in self._place.sizes(LOCK) if a.removeprefix(LOCK).isdecimal()]
        return self._place.read(names)

    def _refuse_unless_abandoned(self, address: str, content: bytes) -> None:
        said = next(iter(lines_of(content)), {})
        try:
            age = self._place.age(address)
        except FileNotFoundError:  # it has just been given back, for another run to take
            raise taken(self._place.name, "") from None
        if age is None:
            age = time.time() - said.get("renewed", time.time())
        if age <= ABANDONED:
            by = f"{said.get('holder')}, last heard of {max(age, 0.0):.0f} seconds ago"
            raise taken(self._place.name, by if said else "")

    def _content(self) -> bytes:
        said = {"holder": self._holder, "token": self._token, "renewed": time.time()}
        return json.dumps(said).encode()

    def _is_own(self, content: bytes) -> bool:
        return any(said.get("token") == self._token for said in lines_of(content))

    def _keep_renewing(self) -> None:
        while not self._released.wait(RENEWAL):
            with suppress(OSError):  # the next time, or `check`, may have more luck
                self._renew()

    def _renew(self) -> None:
        with self._using:
            found = self._found()
            if list(found) != [self._address] or not self._is_own(found[self._address]):
                self._lost = True
            if not self._lost and not self._released.is_set():
                self._place.put(self._address, self._content())
                self._renewed = time.time()

    def check(self) -> None:
        """Make sure that this run has the lock, though the machine may have slept meanwhile.

        Raises:
            OSError: it has not any more.
        """
        if time.time() - self._renewed > 2 * RENEWAL:
            self._renew()
        if self._lost:
            said = "another run has taken over"
            raise OSError(errno.ENOLCK, said, self._place.name)

    def release(self) -> None:
        """Give it back; where the place does not answer, it is abandoned."""
        self._released.set()
        with self._using, suppress(OSError):
            if self._address and self._is_own(
                self._place.read([self._address]).get(self._address, b"")
            ):
                self._place.remove(self._address)
