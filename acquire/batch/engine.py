"""The papermill engine of the batch: outputs limited, nothing written while cells run but rarely.

Papermill's own engine rewrites the notebook twice per cell. This one keeps it in memory, where
the driver has it whatever happens, and writes it now and then for the case that the driver dies.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any

import nbformat
from jupyter_core.utils import run_sync
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines
from papermill.log import logger

from acquire.batch.kernels import KeptProvisioner, Kernel, stop

ENGINE = "acquire"
SAVE_EVERY = 15.0
"""Seconds between copies of an unfinished notebook on the disk."""


class Watch:
    """Follows one execution from outside.

    Args:
        output: bytes its cells may show.
        partial: where the unfinished notebook is written now and then.
    """

    def __init__(self, output: int, partial: Path) -> None:
        self.output, self.partial = output, partial
        self.notebook: nbformat.NotebookNode | None = None
        self.cell: int | None = None
        self.provisioner: KeptProvisioner | None = None
        self.exceeded: str | None = None
        self.exceeded_in: int | None = None
        self._shown = 0
        self._saved = time.monotonic()

    def count(self, message: dict[str, Any]) -> bool:
        """Whether an output may still be shown."""
        if self.exceeded:
            return False
        content = message["content"]
        stream = message["msg_type"] == "stream"
        self._shown += len(content["text"]) if stream else len(json.dumps(content))
        if self._shown > self.output:
            self.exceeded_in = self.cell
            self.exceeded = f"showed more than {self.output / 2**20:,.0f} MiB"
            if self.provisioner is not None:
                stop(self.provisioner, self.exceeded)
        return self.exceeded is None

    def save_now_and_then(self) -> None:
        """Write the unfinished notebook when it is time to."""
        if time.monotonic() - self._saved >= SAVE_EVERY and self.notebook is not None:
            with contextlib.suppress(OSError, ValueError):
                written = self.partial.with_suffix(".new")
                written.write_text(nbformat.writes(self.notebook), encoding="utf-8")
                os.replace(written, self.partial)  # noqa: PTH105
            self._saved = time.monotonic()


class _Client(PapermillNotebookClient):
    """Papermill's client, which counts what comes."""

    watch: Watch

    async def async_start_new_kernel_client(self) -> Any:
        """Start the client, once the kernel is there."""
        assert self.km is not None  # it was started
        self.watch.provisioner = self.km.provisioner
        return await super().async_start_new_kernel_client()

    start_new_kernel_client = run_sync(async_start_new_kernel_client)

    def process_message(self, *arguments: Any, **options: Any) -> Any:
        """Take in a message of the kernel."""
        message = arguments[0]
        if message["msg_type"] not in ("status", "execute_input") and not self.watch.count(message):
            return None
        self.watch.save_now_and_then()
        return super().process_message(*arguments, **options)


class _Manager(NotebookExecutionManager):
    """Papermill's manager, which tells the watch where the execution is."""

    watch: Watch

    def cell_start(self, cell: Any, cell_index: int | None = None, **options: Any) -> None:
        """Note the cell that runs."""
        self.watch.cell = cell_index
        super().cell_start(cell, cell_index, **options)


class BatchEngine(Engine):
    """See the module; `watch` is passed to `papermill.execute_notebook` with this engine."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, watch: Watch, **options: Any) -> Any:
        """Execute a notebook, which the watch has; papermill gets its outline."""
        manager = _Manager(nb, progress_bar=False, autosave_cell_every=0)
        manager.watch = watch
        watch.notebook = nb
        manager.notebook_start()
        try:
            client = _Client(
                manager,
                kernel_name=kernel_name,
                kernel_manager_class=Kernel,
                startup_timeout=options["start_timeout"],
                shell_timeout_interval=1,  # seconds until a kernel that died is missed
                shutdown_kernel="immediate",
                record_timing=False,
                log=logger,
            )
            client.watch = watch
            client.execute()
            if watch.exceeded:
                raise DeadKernelError(watch.exceeded)
        finally:
            manager.notebook_complete()
        return _outline(nb)


def _outline(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook with nothing but its errors, for papermill to look through and to write.

    It serialises what an engine returns even where it is to write no file.
    """
    outline: nbformat.NotebookNode = nbformat.v4.new_notebook(metadata=notebook.metadata)
    for cell in notebook.cells:
        kept = nbformat.from_dict(dict(cell))
        if cell.cell_type == "code":
            kept.outputs = [output for output in cell.outputs if output.output_type == "error"]
        outline.cells.append(kept)
    return outline


papermill_engines.register(ENGINE, BatchEngine)
