"""What real distributions offer is found, by name; two of one name are an error."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

import kdorch
from kdorch.discovery import Origin, Plugins
from kdorch.errors import PluginError

EAGER = """
    import kdorch

    class Gaze(kdorch.Loss, name="gaze"):
        '''Look where the teacher looks.'''

    @kdorch.hookimpl
    def register_losses(register):
        register(Gaze)
"""
LAZY = """
    import kdorch

    @kdorch.hookimpl
    def register_losses(register):
        register("gaze", "gaze_module:Gaze")
"""
MODULE = EAGER.partition("@kdorch.hookimpl")[0]


def names(plugins: Plugins, kind: str) -> list[str]:
    return [entry.name for entry in plugins.registries[kind]]


def only_error(plugins: Plugins) -> str:
    [(_, error)] = plugins.broken.items()
    return " ".join(str(error).split())


# ---------------------------------------------------------------- what works


def test_our_own_come_from_the_entry_point_of_our_own_distribution(site) -> None:
    plugins = site.plugins()
    assert plugins.origin("loss", "hinton") == Origin("kdorch", kdorch.__version__, "builtin")
    assert {entry.origin.distribution for entry in plugins} == {"kdorch"}
    assert names(plugins, "dataset") == ["breast_cancer", "diabetes", "digits", "files"]
    assert names(plugins, "student") == ["cnn", "mlp", "module"]
    assert {"hinton", "logit_mse", "task"} <= set(names(plugins, "loss"))
    assert {"checkpoint", "trained"} <= set(names(plugins, "teacher"))
    assert not plugins.broken


def test_an_eager_plugin(site) -> None:
    site.add("kdorch-gaze", EAGER, version="0.3")
    plugins = site.plugins()
    assert plugins.find("loss", "gaze").__module__ == "kdorch_gaze"
    assert str(plugins.origin("loss", "gaze")) == "kdorch-gaze 0.3"


def test_a_lazy_plugin_is_imported_when_its_name_is_used(site) -> None:
    site.add("kdorch-gaze", LAZY)
    site.write("gaze_module", MODULE)
    plugins = site.plugins()
    assert "gaze" in names(plugins, "loss")
    assert "gaze_module" not in sys.modules
    assert plugins.find("loss", "gaze") is sys.modules["gaze_module"].Gaze


def test_a_plugin_may_offer_several_kinds(site) -> None:
    site.add(
        "kdorch-both",
        EAGER
        + "\n    @kdorch.hookimpl\n    def register_students(register):\n        register('net', 'a:B')\n",
    )
    plugins = site.plugins()
    assert ("gaze" in names(plugins, "loss"), "net" in names(plugins, "student")) == (True, True)


@pytest.mark.parametrize("disabled", ["kdorch-gaze", "entry", "other, entry"])
def test_kdorch_disable_leaves_out_a_distribution_or_an_entry_point(site, monkeypatch, disabled: str) -> None:
    site.add("kdorch-gaze", EAGER, entry="entry")
    monkeypatch.setenv("KDORCH_DISABLE", disabled)
    plugins = site.plugins()
    assert "gaze" not in names(plugins, "loss")
    assert "hinton" in names(plugins, "loss")


# ---------------------------------------------------------------- two with one name


def test_two_plugins_with_one_name_are_an_error_where_it_is_used(site) -> None:
    site.add("kdorch-gaze", EAGER, version="1.0")
    site.add("their-gaze", EAGER, version="2.1")
    plugins = site.plugins()
    with pytest.raises(PluginError) as error:
        plugins.find("loss", "gaze")
    assert str(error.value) == (
        "Two plugins offer the loss 'gaze': kdorch-gaze 1.0 and their-gaze 2.1. "
        "Uninstall one, or set KDORCH_DISABLE=their-gaze to leave that one out."
    )
    assert plugins.find("loss", "hinton").name == "hinton"


def test_following_the_advice_settles_it(site, monkeypatch) -> None:
    for name in ("kdorch-gaze", "their-gaze"):
        site.add(name, EAGER, entry="gaze")  # even where both call their entry point the same
    monkeypatch.setenv("KDORCH_DISABLE", "their-gaze")
    assert site.plugins().origin("loss", "gaze").distribution == "kdorch-gaze"


def test_who_takes_one_of_our_names_is_the_one_to_leave_out(site) -> None:
    site.add("a-loss", EAGER.replace("gaze", "hinton"), entry="a")
    with pytest.raises(PluginError, match=r"kdorch [\d.]+ and a-loss 1\.0\. .* KDORCH_DISABLE=a-loss"):
        site.plugins().find("loss", "hinton")


def test_one_name_in_two_kinds_is_fine(site) -> None:
    site.add("kdorch-mlp", EAGER.replace("gaze", "mlp"))
    plugins = site.plugins()
    assert plugins.find("loss", "mlp") is not plugins.find("student", "mlp")


def test_two_distributions_of_one_module_are_explained(site) -> None:
    site.add("first", EAGER, module="shared")
    site.add("second", EAGER, module="shared")
    assert "second 1.0 leads to the same module as first:first" in only_error(site.plugins())


def test_an_object_in_this_process_can_be_added() -> None:
    class Mine(kdorch.Loss, name="mine"):
        pass

    class Offer:
        @kdorch.hookimpl
        def register_losses(self, register: Callable[..., None]) -> None:
            register(Mine)

    plugins = Plugins()
    plugins.add(Offer(), Origin("notebook", "0", "cell"))
    assert plugins.find("loss", "mine") is Mine
