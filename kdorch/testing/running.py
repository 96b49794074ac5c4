"""Run a contract without pytest, and say what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from inspect import cleandoc
from pathlib import Path
from traceback import extract_tb
from typing import Literal
from unittest import SkipTest

from kdorch.errors import ArgumentError, reason
from kdorch.spec import Spec
from kdorch.testing.contract import Contract
from kdorch.testing.datasets import DatasetContract
from kdorch.testing.losses import LossContract
from kdorch.testing.process import apart
from kdorch.testing.says import ContractError
from kdorch.testing.students import StudentContract
from kdorch.testing.teachers import TeacherContract

CONTRACTS: dict[str, type[Contract]] = {
    contract.kind: contract for contract in (LossContract, StudentContract, TeacherContract, DatasetContract)
}


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        check: Its name.
        about: What it makes sure of, in a line.
        outcome: ``skipped`` where there was nothing to look at.
        message: Of a failure, what is wrong, why it matters and what to do; of a skipped one, why.
    """

    check: str
    about: str
    outcome: Literal["passed", "failed", "skipped"]
    message: str = ""


def examine(spec: Spec) -> list[Finding]:
    """Hold a plugin to the contract of its kind.

    Raises:
        ArgumentError: If there is no contract for its kind.
    """
    contract = CONTRACTS.get(spec.kind)
    if contract is None:
        known = ", ".join(CONTRACTS)
        raise ArgumentError(f"there is no contract for a {spec.kind or 'plugin'}; there is one for: {known}.")
    return list(run(type("Examined", (contract,), {spec.kind: spec})))


def run(contract: type[Contract]) -> Iterator[Finding]:
    """Yield what each check of a contract finds, in the order of `checks`."""
    for name, about in checks(contract).items():
        try:
            with apart():
                getattr(contract(), name)()
        except SkipTest as skipped:
            yield Finding(name, about, "skipped", str(skipped))
        except ContractError as broken:
            yield Finding(name, about, "failed", str(broken))
        except Exception as error:  # noqa: BLE001  a third party's code can raise anything
            yield Finding(name, about, "failed", f"{reason(error)}{_place(error)}")
        else:
            yield Finding(name, about, "passed")


def checks(contract: type[Contract]) -> dict[str, str]:
    """Return the checks of a contract, each with what it makes sure of: those that all kinds share first."""
    names = dict.fromkeys(
        name for each in reversed(contract.__mro__) for name in vars(each) if name.startswith("test_")
    )
    return {name: cleandoc(getattr(contract, name).__doc__ or "").partition("\n")[0] for name in names}


def _place(error: BaseException) -> str:
    frame = extract_tb(error.__traceback__)[-1]
    return f" (in {Path(frame.filename).name}, line {frame.lineno})"
