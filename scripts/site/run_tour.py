"""Run the tour in a kernel of its own, and store its outputs: scripts/tour.

Nothing that differs from one run to the next is stored. The kernel is reached through a socket file, and no port.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
TOUR = ROOT / "examples" / "tour.ipynb"


def read() -> Any:
    """The tour as it is stored."""
    return nbformat.read(TOUR, as_version=4)  # type: ignore[no-untyped-call]


def run(notebook: Any) -> None:
    """Run all cells, and keep what they print and show. A cell that fails stops it."""
    client = NotebookClient(notebook, timeout=120, record_timing=False, resources={"metadata": {"path": str(ROOT)}})
    kernel = client.create_kernel_manager()
    with tempfile.TemporaryDirectory() as folder:
        kernel.transport, kernel.ip = "ipc", f"{folder}/kernel"
        client.execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


def main() -> None:
    """Store the outputs of a run."""
    notebook = read()
    run(notebook)
    nbformat.write(notebook, TOUR)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
