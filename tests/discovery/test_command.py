"""``kdorch plugins``, and, in processes of their own, what Python imports for it."""

from __future__ import annotations

import json

LOSS = """
    import kdorch

    class Gaze(kdorch.Loss, name="gaze", needs={"features"}):
        '''Look where the teacher looks [at least].

        Attributes:
            power: Sharpness.
        '''

        power: float = 2.0

    @kdorch.hookimpl
    def register_losses(register):
        register(Gaze)
"""
LAZY = """
    import kdorch

    @kdorch.hookimpl
    def register_losses(register):
        register("lazy", "no_such_module:Lazy")
"""
STUDY = """
name: small
data: {use: digits}
teacher: {use: trained, network: {use: mlp}}
student: {use: mlp}
losses: {kd: {use: gaze}}
objectives: {val/accuracy: max}
"""
HEAVY = {"torch", "mlflow", "optuna", "pandas", "matplotlib", "sklearn", "torchmetrics", "ruamel", "rich"}
MODULES = (
    "\n    import sys, json; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
)


def imported(site, code: str) -> set[str]:
    done = site.python(code + MODULES)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_a_broken_plugin_is_shown_beside_everything_that_works(site) -> None:
    site.add("kdorch-gaze", LOSS, version="0.3")
    site.add("kdorch-lazy", LAZY, version="0.4")
    site.add("kdorch-broken", "raise RuntimeError('[not] today')", version="9.9")
    done = site.kdorch("plugins", "list")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "loss gaze kdorch-gaze 0.3 Look where the teacher looks [at least]." in lines
    assert (
        "student mlp kdorch 0.1.0 A multi-layer perceptron with ReLU; inputs of any shape are flattened."
        in lines
    )
    assert "broken: kdorch-broken 9.9: RuntimeError: [not] today" in lines
    why = "fails to import: ModuleNotFoundError: No module named 'no_such_module'"
    assert f"broken: The loss 'lazy' of kdorch-lazy 0.4 {why}" in lines


def test_json_holds_the_same_for_scripts(site) -> None:
    site.add("kdorch-gaze", LOSS, version="0.3")
    site.add("kdorch-lazy", LAZY)
    site.add("kdorch-broken", "import kdorch\nraise RuntimeError('not today')", version="9.9")
    done = site.kdorch("plugins", "list", "--json")
    found = json.loads(done.stdout)
    rows = {(row["kind"], row["name"]): row for row in found["plugins"]}
    assert rows["loss", "gaze"] == {
        "kind": "loss",
        "name": "gaze",
        "distribution": "kdorch-gaze",
        "version": "0.3",
        "summary": "Look where the teacher looks [at least].",
    }
    assert "ModuleNotFoundError" in rows["loss", "lazy"]["error"]
    [broken] = found["broken"]
    assert (broken["distribution"], broken["version"]) == ("kdorch-broken", "9.9")
    assert broken["error"] == "RuntimeError: not today"
    assert "kdorch_broken.py" in broken["traceback"]


def test_two_with_one_name_end_list_and_check_with_a_message(site) -> None:
    site.add("kdorch-gaze", LOSS, version="0.3")
    site.add("their-gaze", LOSS, version="2.1")
    (site.folder / "study.yaml").write_text(STUDY)
    both = "Two plugins offer the loss 'gaze': kdorch-gaze 0.3 and their-gaze 2.1."
    for command in (["plugins", "list"], ["plugins", "list", "--json"], ["study", "check", "study.yaml"]):
        done = site.kdorch(*command)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
        assert both in done.stderr
    done = site.kdorch("plugins", "list", KDORCH_DISABLE="their-gaze")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_unknown_name_in_a_study_mentions_the_broken_plugin(site) -> None:
    site.add("kdorch-broken", "import no_such_module", version="9.9")
    (site.folder / "study.yaml").write_text(STUDY)
    done = site.kdorch("study", "check", "study.yaml")
    assert done.returncode == 2
    assert "losses.kd (line 6): No loss is called 'gaze'." in done.stderr
    assert "kdorch-broken 9.9: ModuleNotFoundError: No module named 'no_such_module'." in done.stderr


def test_show_tells_all_about_one(site) -> None:
    site.add("kdorch-gaze", LOSS, version="0.3")
    done = site.kdorch("plugins", "show", "loss/gaze")
    text = " ".join(done.stdout.split())
    assert done.returncode == 0
    assert "loss/gaze kdorch-gaze 0.3 Look where the teacher looks [at least]." in text
    assert "power float 2.0" in text
    assert "needs: features" in text


def test_show_of_our_own(site) -> None:
    text = " ".join(site.kdorch("plugins", "show", "loss/hinton").stdout.split())
    assert "temperature float 4.0 1.0 to 20.0, logarithmic" in text
    assert "weight float | Schedule 1.0" in text
    assert "weight: Factor of this term in the sum" in text  # of all losses, so their base explains it
    assert "reference: Hinton, Vinyals, Dean 2015" in text
    text = " ".join(site.kdorch("plugins", "show", "student/module").stdout.split())
    assert "args dict[str, Any] {}" in text
    assert "target str required" in text


def test_a_name_alone_will_do_where_one_kind_has_it(site) -> None:
    assert site.kdorch("plugins", "show", "dkd").stdout == site.kdorch("plugins", "show", "loss/dkd").stdout
    site.add("also", LOSS.replace('"gaze"', '"digits"'))
    told = site.kdorch("plugins", "show", "digits").stderr
    assert "'digits' is the name of several plugins. Write dataset/digits or loss/digits." in told


def test_show_explains_what_it_does_not_know(site) -> None:
    for name, expected in {
        "loss/hintn": "No loss is called 'hintn'. Did you mean 'hinton'?",
        "hintn": "No plugin is called 'hintn'. Did you mean 'hinton'?",
        "loses/hinton": "Write KIND/NAME, as in loss/hinton; kinds are dataset, teacher",
    }.items():
        done = site.kdorch("plugins", "show", name)
        assert (done.returncode, done.stdout) == (2, "")
        assert expected in done.stderr


def test_discovery_imports_nothing_heavy_before_a_name_is_used(site) -> None:
    code = """
    import kdorch
    from kdorch.discovery import installed
    found = [entry.name for entry in installed()]
    assert "hinton" in found
    """
    assert not imported(site, code) & HEAVY
    assert "kdorch.builtin.losses" not in site.python(code + "\n    import sys; print(*sys.modules)").stdout


def test_listing_plugins_needs_none_of_their_libraries(site) -> None:
    code = """
    import sys
    from kdorch.cli import main
    sys.argv = ["kdorch", "plugins", "list"]
    try: main()
    except SystemExit as end: assert not end.code
    """
    assert imported(site, code) & HEAVY == {"rich"}


def test_help_imports_nothing_but_click(site) -> None:
    code = """
    import sys
    from kdorch.cli import main
    sys.argv = ["kdorch", "--help"]
    try: main()
    except SystemExit as end: assert not end.code
    """
    assert not imported(site, code) & (HEAVY | {"pydantic", "numpy", "pluggy"})
