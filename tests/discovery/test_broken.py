"""What is wrong with one plugin is explained, and harms no other."""

from __future__ import annotations

import pytest

from kdorch.discovery import Plugins
from kdorch.errors import PluginError

MODULE = """
    import kdorch

    class Gaze(kdorch.Loss, name="gaze"):
        '''Look where the teacher looks.'''
"""
EAGER = (
    MODULE
    + """
    @kdorch.hookimpl
    def register_losses(register):
        register(Gaze)
"""
)


def names(plugins: Plugins, kind: str) -> list[str]:
    return [entry.name for entry in plugins.registries[kind]]


def only_error(plugins: Plugins) -> str:
    [(_, error)] = plugins.broken.items()
    return " ".join(str(error).split())


def offering(body: str) -> str:
    return f"import kdorch\n\n@kdorch.hookimpl\ndef register_losses(register):\n    {body}\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def (", "SyntaxError: invalid syntax"),
        ("raise RuntimeError('not today')", "RuntimeError: not today"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
    ],
)
def test_an_entry_point_that_does_not_import_is_quarantined(site, source: str, expected: str) -> None:
    site.add("kdorch-broken", source, version="9.9")
    site.add("kdorch-gaze", EAGER)
    plugins = site.plugins()
    assert plugins.find("loss", "gaze").name == "gaze"
    with pytest.raises(PluginError) as error:
        plugins.find("loss", "gazee")
    text = str(error.value)
    assert "No loss is called 'gazee'. Did you mean 'gaze'?" in text
    assert f"It may come with what failed to load: kdorch-broken 9.9: {expected}" in text


def test_what_a_broken_plugin_did_is_told_once(site) -> None:
    site.add("kdorch-broken", offering("register(len)"), version="9.9")
    with pytest.raises(PluginError) as error:
        site.plugins().find("loss", "gaze")
    told = "failed to load: kdorch-broken 9.9: <built-in function len> is not a loss; subclass kdorch.Loss."
    assert str(error.value).endswith(told)


def test_known_names_are_found_without_a_word_about_what_is_broken(site) -> None:
    site.add("kdorch-broken", "1 / 0")
    site.add("kdorch-gaze", offering("register('gaze', 'no_such_module:Gaze')"))
    with pytest.raises(PluginError) as error:
        site.plugins().find("loss", "gaze")
    assert "kdorch-broken" not in str(error.value)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("no_such_module:Gaze", "ModuleNotFoundError: No module named 'no_such_module'"),
        (
            "gaze_module:Atention",
            "AttributeError: module 'gaze_module' has no attribute 'Atention'",
        ),
    ],
)
def test_a_lazy_target_that_does_not_import_breaks_its_own_name_only(
    site, target: str, expected: str
) -> None:
    site.add("kdorch-gaze", offering(f"register('gaze', '{target}'); register('fine', 'fine:Fine')"))
    site.write("gaze_module", "")
    site.write("fine", MODULE.replace("Gaze", "Fine").replace('"gaze"', '"fine"'))
    plugins = site.plugins()
    assert not plugins.broken
    assert plugins.find("loss", "fine").name == "fine"
    with pytest.raises(PluginError) as error:
        plugins.find("loss", "gaze")
    assert str(error.value) == f"The loss 'gaze' of kdorch-gaze 1.0 fails to import: {expected}"


def test_a_lazy_name_must_be_the_name_of_its_class(site) -> None:
    site.add("kdorch-gaze", offering("register('other', 'gaze_module:Gaze')"))
    site.write("gaze_module", MODULE)
    with pytest.raises(PluginError, match="registers Gaze as 'other', but it is named 'gaze'"):
        site.plugins().find("loss", "other")


def test_a_lazy_target_of_another_kind_is_explained(site) -> None:
    site.add("kdorch-gaze", offering("register('gaze', 'gaze_module:Gaze')"))
    site.write("gaze_module", MODULE.replace("kdorch.Loss", "kdorch.Student"))
    with pytest.raises(PluginError, match=r"Gaze'> is not a loss; subclass kdorch\.Loss\."):
        site.plugins().find("loss", "gaze")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("register(len)", "bad 1.0: <built-in function len> is not a loss; subclass kdorch.Loss."),
        ("register(kdorch.Student)", "is not a loss; subclass kdorch.Loss."),
        (
            "register(type('Mine', (kdorch.Loss,), {}))",
            'Mine has no name; write class Mine(kdorch.Loss, name="...").',
        ),
        ("register('mine')", "bad 1.0: write register('mine', 'package.module:Class')."),
        ("register('mine', 'package.module.Class')", "write register('mine', 'package.module:Class')."),
        ("register('mine', kdorch.Loss)", "write register('mine', 'package.module:Class')."),
        ("register('my.loss', 'a:B')", "a plugin cannot be called 'my.loss'; use letters, digits, _ and -."),
        ("register()", "missing 1 required positional argument: 'target'"),
        ("register('mine', 'a:B'); register('mine', 'a:C')", "bad 1.0 registers the loss 'mine' twice."),
    ],
)
def test_wrong_objects_are_explained(site, body: str, expected: str) -> None:
    site.add("bad", offering(body))
    assert expected in only_error(site.plugins())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1", "bad 1.0: the entry point 'bad' offers nothing: it has no function register_..."),
        (offering("register('mine', 'a:B')").replace("_losses", "_loses"), "unknown hook 'register_loses'"),
        (
            offering("pass") + "\ndef register_students(register):\n    register('mine', 'a:B')\n",
            "bad 1.0: write @kdorch.hookimpl above def register_students.",
        ),
        (offering("pass").replace("(register)", "(reg)"), "Argument(s) {'reg'} are declared"),
    ],
)
def test_wrong_hooks_are_explained(site, source: str, expected: str) -> None:
    site.add("bad", source)
    assert expected in only_error(site.plugins())


@pytest.mark.parametrize(
    "second",
    [
        "register(kdorch.Loss)",
        "register('good', 'a:B')",
        "1 / 0",
    ],
)
def test_a_plugin_is_taken_whole_or_not_at_all(site, second: str) -> None:
    tail = "\n@kdorch.hookimpl\ndef register_students(register):\n    register('good', 'a:B')\n"
    site.add("half", offering(f"register('good', 'a:B'); {second}") + tail)
    plugins = site.plugins()
    assert [str(origin) for origin in plugins.broken] == ["half 1.0"]
    assert ("good" in names(plugins, "loss"), "good" in names(plugins, "student")) == (False, False)
    assert not plugins.manager.has_plugin("half:half")


def test_a_wrong_student_takes_the_good_losses_with_it(site) -> None:
    tail = "\n@kdorch.hookimpl\ndef register_students(register):\n    register(len)\n"
    site.add("half", offering("register('good', 'a:B')") + tail)
    assert "good" not in names(site.plugins(), "loss")
