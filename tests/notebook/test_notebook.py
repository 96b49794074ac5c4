"""The notebook of docs, every cell of it, from an empty folder; with KDORCH_NOTEBOOK its outputs are written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"
pytestmark = pytest.mark.notebook


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The notebook after every cell has run; a cell that fails is an error here."""
    import nbformat  # of the extra docs, which the other environments do without
    from nbclient import NotebookClient

    page = nbformat.read(NOTEBOOK, as_version=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        # tqdm, which MLflow's own dependencies import, warns wherever ipywidgets are not installed.
        patch.setenv("PYTHONWARNINGS", "ignore:IProgress not found")
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        folder = str(tmp_path_factory.mktemp("empty"))
        NotebookClient(
            page, timeout=240, record_timing=False, resources={"metadata": {"path": folder}}
        ).execute()
    if "KDORCH_NOTEBOOK" in os.environ:
        nbformat.write(page, ROOT / os.environ["KDORCH_NOTEBOOK"])
    return page


def outputs_of(page: Any, source: str) -> list[Any]:
    [cell] = [cell for cell in page.cells if cell.source == source]
    return cell.outputs


def test_every_cell_gives_what_it_gave_when_it_was_written(executed: Any) -> None:
    import nbformat

    def kinds(page: Any) -> list[list[tuple[str, list[str]]]]:
        code = [cell.outputs for cell in page.cells if cell.cell_type == "code"]
        return [[(output.output_type, sorted(output.get("data", ()))) for output in cell] for cell in code]

    assert kinds(executed) == kinds(nbformat.read(NOTEBOOK, as_version=4))


def test_progress_is_one_output_that_ends_with_what_was_said(executed: Any) -> None:
    [shown] = outputs_of(executed, "results = kdorch.run(study)")
    lines = shown.data["text/plain"].splitlines()
    assert lines[0].startswith("data ")
    assert lines[-1].startswith("confirmation: 12 trainings in")
    assert "━" not in shown.data["text/plain"]


def test_the_picture_is_shown_at_the_size_of_a_page(executed: Any) -> None:
    [shown] = outputs_of(executed, "results.plot()")
    assert shown.metadata["image/png"] == {"width": 720, "height": 460}


RUN = """
import kdorch
results = kdorch.run(kdorch.Study.load({file!r}), home={home!r}, workers=1{more})
print(len(results.trials), "trials")
"""


def test_an_interrupted_kernel_goes_on_where_it_stopped(home: Path, write: Any) -> None:
    from jupyter_client.manager import start_new_kernel

    file = str(write(search={"trials": 300, "sampler": "random"}, confirm={"top": 0}))
    manager, client = start_new_kernel(env=os.environ | {"PYTHONPATH": str(ROOT)})

    def heard(code: str) -> Iterator[tuple[str, Any]]:
        wanted = client.execute(code)
        while True:
            message = client.get_iopub_msg(timeout=120)
            if message["parent_header"].get("msg_id") == wanted:
                yield message["msg_type"], message["content"]
                if message["content"].get("execution_state") == "idle":
                    return

    try:
        errors, interrupted = [], False
        for kind, content in heard(RUN.format(file=file, home=str(home), more="")):
            live = content.get("data", {}).get("text/plain", "")
            if "─ " in live and "/300" in live and not interrupted:
                manager.interrupt_kernel()
                interrupted = True
            errors += [content["ename"]] if kind == "error" else []
        assert (interrupted, errors) == (True, ["KeyboardInterrupt"])
        again = list(heard(RUN.format(file=file, home=str(home), more=", trials=1")))
        assert not [content for kind, content in again if kind == "error"]
        said = "".join(content["text"] for kind, content in again if kind == "stream")
        assert int(said.partition(" trials")[0].split()[-1]) >= 1
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_ipython_on_a_terminal_is_no_notebook(tmp_path: Path) -> None:
    code = "from kdorch.api.notebook import _in_notebook; print(_in_notebook())"
    words = [sys.executable, "-m", "IPython", "--no-banner", "--quick", "-c", code]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
