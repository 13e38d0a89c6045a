"""A real JupyterLab for tests: a server of its own, in folders of its own, without a token."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
PATIENCE = 90.0
"""Seconds for a server to answer."""


@dataclass(frozen=True)
class Lab:
    """A running server.

    Args:
        address: of it.
        folder: that it serves.
    """

    address: str
    folder: Path

    def notebook(self, name: str, *cells: str) -> str:
        """Write a notebook of code cells; its address in JupyterLab."""
        content = {
            "cells": [
                {
                    "cell_type": "code",
                    "id": f"cell-{i}",
                    "source": cell,
                    "metadata": {},
                    "outputs": [],
                    "execution_count": None,
                }
                for i, cell in enumerate(cells)
            ],
            "metadata": {
                "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (self.folder / name).write_text(json.dumps(content), encoding="utf-8")
        return self.lab(name)

    def lab(self, name: str) -> str:
        """The address of a notebook in JupyterLab, with no workspace of an earlier visit."""
        return f"{self.address}/lab/tree/{name}?reset"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(
    folder: Path, arguments: Sequence[str] = (), program: str = "jupyterlab"
) -> Iterator[Lab]:
    """JupyterLab, or another program that serves notebooks, until the end of the context."""
    port = free_port()
    home = folder / ".home"
    home.mkdir(parents=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON"))}
    environment |= {
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).strip(":"),
    }
    command = [
        *(sys.executable, "-m", program, "--no-browser", f"--port={port}"),
        *(arguments or ("--ServerApp.token=", "--ServerApp.password=", "--allow-root")),
        *(() if arguments else ("--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None")),
    ]
    with (folder / ".server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(port, server, folder)
            yield Lab(address, folder)
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait(port: int, server: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
            return
        time.sleep(0.2)
    raise RuntimeError((folder / ".server.log").read_text()[-2000:])


def open_page(browser: Browser, address: str, width: int = 1600, height: int = 1000) -> Page:
    """A page in a window of its own; what it asks for beyond the server fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, accept_downloads=True
    )
    page = context.new_page()
    page.outside = []  # type: ignore[attr-defined]
    page.on(
        "request",
        lambda r: (
            page.outside.append(r.url)  # type: ignore[attr-defined]
            if not r.url.startswith(("http://127.0.0.1", "blob:", "data:"))
            else None
        ),
    )
    page.goto(address)
    return page


def run_all(page: Page) -> None:
    """Run every cell of the notebook that is open, once its kernel is there."""
    page.wait_for_function("() => window.jupyterapp", timeout=60_000)
    page.evaluate(
        """async () => {
          await window.jupyterapp.restored;
          const shown = () => window.jupyterapp.shell.currentWidget;
          for (let i = 0; i < 600 && !shown()?.sessionContext; i++) {
            await new Promise((done) => setTimeout(done, 100));
          }
          await shown().context.ready;
          await shown().sessionContext.ready;
          await window.jupyterapp.commands.execute("notebook:run-all-cells");
        }"""
    )


def ready(page: Page) -> Any:
    """The explorer, once its charts are drawn."""
    explorer = page.locator(".acquire-explorer").first
    page.wait_for_selector(
        '.acquire-explorer[data-ready="yes"] .charts[data-revision]', timeout=90_000
    )
    return explorer
