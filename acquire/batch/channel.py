"""Lines of JSON over a socket, between a driver and its keeper."""

from __future__ import annotations

import json
import socket
from typing import Any


class Channel:
    """One end of a pair of sockets."""

    def __init__(self, end: socket.socket) -> None:
        self._socket, self._rest = end, b""

    def fileno(self) -> int:
        """For `select`."""
        return self._socket.fileno()

    def send(self, message: Any) -> None:
        """Send a message."""
        self._socket.sendall(json.dumps(message).encode() + b"\n")

    def available(self) -> list[Any] | None:
        """What has come, waiting for the first bytes; None when the other end is gone."""
        try:
            received = self._socket.recv(2**20)
        except ConnectionError:
            received = b""
        if not received:
            return None
        *lines, self._rest = (self._rest + received).split(b"\n")
        return [json.loads(line) for line in lines]

    def receive(self) -> Any:
        """The next message of an end that sends one at a time.

        Raises:
            EOFError: the other end is gone.
        """
        while True:
            messages = self.available()
            if messages is None:
                raise EOFError
            if messages:
                return messages[0]

    def ask(self, message: Any) -> Any:
        """Send a message and wait for its answer."""
        self.send(message)
        return self.receive()

    def close(self) -> None:
        """Close this end."""
        self._socket.close()
