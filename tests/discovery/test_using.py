"""Which libraries count among the inputs of a training."""

from __future__ import annotations

from typing import Any

from kdorch.discovery.using import using

PLUGIN = """
    import kdorch
    import numpy

    class Squared(kdorch.Loss, name="squared"):
        pass

    class Team(kdorch.Teacher, name="team"):
        network: kdorch.Student

    @kdorch.hookimpl
    def register_losses(register):
        register(Squared)

    @kdorch.hookimpl
    def register_teachers(register):
        register(Team)
"""
REQUIRED = "Requires-Dist: kdorch\nRequires-Dist: pandas<4,>=2\nRequires-Dist: pytest ; extra == 'test'\n"


def test_what_a_plugin_requires_and_imports_is_used(site: Any) -> None:
    site.add("kdorch-squared", PLUGIN)
    with next(site.folder.glob("*.dist-info/METADATA")).open("a") as metadata:
        metadata.write(REQUIRED)
    plugins = site.plugins()
    mlp = plugins.find("student", "mlp")()
    assert set(using(plugins, mlp)) == set()  # of ours, that is known
    for part in (plugins.find("loss", "squared")(), plugins.find("teacher", "team")(network=mlp)):
        assert set(using(plugins, part)) - {"kdorch"} == {"pandas", "numpy"}


def test_what_own_modules_import_is_used_however_far_away(site: Any) -> None:
    site.write("own_model", "import own_tools, json")
    site.write("own_tools", "def load():\n    from sklearn import datasets")
    plugins = site.plugins()
    module = plugins.part("student", {"use": "module", "target": "own_model:Net"})
    assert set(using(plugins, module)) == {"scikit-learn"}
