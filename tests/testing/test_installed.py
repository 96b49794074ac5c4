"""The one check that needs an installed plugin, and what examines one outside of pytest."""

from __future__ import annotations

from pathlib import Path

import pytest

import kdorch
from kdorch.discovery import installed
from kdorch.discovery.plugins import discover
from kdorch.testing import examine

PLUGIN = """
{imports}
import kdorch

class Heavy(kdorch.Loss, name="heavy"):
    "The mean squared difference."

    def __call__(self, student, teacher, batch):
        return (student.logits - teacher.logits).square().mean()

@kdorch.hookimpl
def register_losses(register):
    register(Heavy)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Install a plugin by hand, in a module of this name; it is gone after the test."""

    def write(module: str, imports: str) -> kdorch.Loss:
        (tmp_path / f"{module}.py").write_text(PLUGIN.format(imports=imports))
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[kdorch]\n{module} = {module}\n")
        monkeypatch.syspath_prepend(tmp_path)
        discover.cache_clear()
        return installed().find("loss", "heavy")()

    yield write
    discover.cache_clear()


@pytest.mark.parametrize(
    ("module", "imports", "check"),
    [
        pytest.param(
            "heavy_module", "import torch.nn", "test_is_listed_without_torch", marks=pytest.mark.slow
        ),
        ("light_module", "", None),
    ],
)
def test_an_entry_point_that_imports_torch_is_caught(install, module, imports, check):
    found = {finding.check: finding for finding in examine(install(module, imports))}
    assert [name for name, finding in found.items() if finding.outcome == "failed"] == (
        [check] if check else []
    )
    if check:
        assert f"importing {module}, the entry point" in found[check].message
    else:
        assert found["test_is_listed_without_torch"].outcome == "passed"


class Crashing(kdorch.Student, name="crashing"):
    """It fails in words of its own."""

    def offers(self) -> frozenset[str]:
        raise RuntimeError("out of ideas")


def test_what_a_check_did_not_foresee_is_told_with_its_place():
    told = {finding.check: finding.message for finding in examine(Crashing()) if finding.outcome == "failed"}
    assert told["test_features_can_be_learnt"].startswith(
        "RuntimeError: out of ideas (in test_installed.py, line "
    )
    assert "student 'crashing' cannot be built: NotImplementedError" in told["test_can_be_copied"]


def test_a_kind_without_a_contract_is_refused():
    with pytest.raises(kdorch.ArgumentError, match="no contract for a task; there is one for: loss, student"):
        examine(kdorch.Classification(labels=["a", "b"]))
