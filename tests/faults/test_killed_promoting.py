"""Killed while a student is promoted, or an alias is put back: the next one leaves all of it whole."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from killing import Point

from kdorch.tracking.address import connect
from kdorch.tracking.database import local_uri

pytestmark = pytest.mark.slow

REGISTRY = "kdorch.shipping.registry:Registry"
# Each is killed on what the one before has left; the last of them is through with everything but its own note.
POINTS = {
    "a version is made, and bare": Point(f"{REGISTRY}.register", "after", 1),
    "all is done, and nobody knows": Point(f"{REGISTRY}.point", "after", 1),
}
STEPS = [
    *(Point(f"{REGISTRY}._make_sure_of", when, 1) for when in ("before", "after")),
    *(Point(f"{REGISTRY}.{step}", "after", 1) for step in ("log_model", "register", "link", "describe")),
    Point("kdorch.shipping.champion:expect", "after", 1),
    Point(f"{REGISTRY}.point", "after", 1),
]


def left(home: Path) -> tuple[dict[str, int], list[Any], list[Any]]:
    """Return where the aliases of a model point, its versions, and what is logged as a student."""
    client = connect(local_uri(home))
    experiment = client.get_experiment_by_name("tiny").experiment_id
    logged = client.search_logged_models([experiment], "name = 'student'")
    return (
        client.get_registered_model("toy").aliases,
        list(client.search_model_versions("name = 'toy'")),
        list(logged),
    )


@pytest.mark.parametrize(
    "points",
    [list(POINTS.values()), pytest.param(STEPS, marks=[pytest.mark.faults, pytest.mark.timeout(900)])],
    ids=["at some steps", "at each step"],
)
def test_what_a_killed_promotion_left_is_taken_back(
    points: list[Point], kill: Any, begin: Any, finished: Any, tmp_path: Path
) -> None:
    home = Path(copytree(finished.home, tmp_path / "promoting"))
    words = ("promote", "tiny", "--model", "toy", "--alias", "champion")
    for point in points:
        kill(point, finished.file, *words, at=home)
    aliases, (version,), (model,) = left(home)
    assert (aliases, str(model.status)) == ({"champion": version.version}, "READY")

    done = begin(words=words, at=home)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Version {version.version} of toy is this very student, and has the alias already." in done.stdout
    aliases, (there,), (model,) = left(home)
    assert (aliases, there.version) == ({"champion": version.version}, version.version)
    assert "kdorch.underway" not in there.tags

    done = begin(words=(*words, "--force", "to have another"), at=home)
    assert (done.returncode, done.stderr) == (0, "")
    aliases, versions, models = left(home)
    assert len(versions) == len(models) == 2  # the one that was whole stays
    assert aliases == {"champion": max(version.version for version in versions)}
    assert all(version.description for version in versions)
    assert {str(model.status) for model in models} == {"READY"}
    assert list((home / "promotions").glob("*.json")) == []

    back = ("promote", "--rollback", "toy")
    kill(Point("kdorch.shipping.rollback:expect", "after", 1), finished.file, *back, at=home)
    assert left(home)[0] == aliases
    for code, told in (
        (0, f"champion of toy is version {version.version} again"),
        (2, "without one before it"),
    ):
        done = begin(words=back, at=home)
        assert done.returncode == code
        assert told in done.stdout + done.stderr
        assert left(home)[0] == {"champion": version.version}
