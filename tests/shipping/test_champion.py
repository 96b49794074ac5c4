"""Whose turn it is to take an alias, and the way back; in a real registry, with versions without a model."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from kdorch import rollback
from kdorch.errors import PromotionError
from kdorch.search.home import Home
from kdorch.search.logbook import LOCAL
from kdorch.shipping.champion import TURN, Succession, champion, previous_tag, rolled_back_tag, take
from kdorch.shipping.intent import Intent, claim
from kdorch.shipping.names import check_alias
from kdorch.shipping.rollback import roll_back

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader")


@pytest.fixture
def version(store: Any) -> Callable[..., int]:
    """Register a version of ``toys`` that is on its way to ``champion``, as a promotion does."""
    store.client.create_registered_model("toys")

    def make(previous: int | None = None) -> int:
        tags = Succession(previous).tags("champion")
        return int(store.client.create_model_version("toys", "nowhere", tags=tags).version)

    return make


@pytest.fixture
def succeed(store: Any, version: Callable[..., int]) -> Callable[[], int]:
    """Promote another version to ``champion``."""

    def make() -> int:
        now = champion(store.client, "toys", "champion")
        previous = None if now is None else int(now.version)
        new = version(previous)
        take(store.client, "champion", "toys", new, previous)
        store.client.delete_model_version_tag("toys", str(new), TURN)
        return new

    return make


def holder(store: Any) -> int | None:
    found = champion(store.client, "toys", "champion")
    return None if found is None else int(found.version)


def age(store: Any, version: int) -> None:
    """Let a version be ten minutes older."""
    with sqlite3.connect(store.uri.removeprefix("sqlite:///")) as database:
        database.execute(
            "UPDATE model_versions SET creation_time = creation_time - 600000 WHERE version = ?", (version,)
        )
    database.close()


def test_nobody_has_an_alias_of_a_model_that_is_not_there(store: Any) -> None:
    assert champion(store.client, "toys", "champion") is None


def test_the_earlier_of_two_goes_first_whoever_looks_first(store: Any, version: Any) -> None:
    first, second = version(), version()
    with pytest.raises(PromotionError, match="version 1 is on its way to 'champion', too, and came first"):
        take(store.client, "champion", "toys", second, None)
    assert holder(store) is None
    take(store.client, "champion", "toys", first, None)
    assert holder(store) == first


def test_who_compared_with_another_champion_does_not_take_its_place(
    store: Any, version: Any, succeed: Any
) -> None:
    first = succeed()
    late = version()
    for compared in (None, 7):
        with pytest.raises(PromotionError, match="version 1 has 'champion' now: somebody was quicker"):
            take(store.client, "champion", "toys", late, compared)
    assert holder(store) == first
    store.client.delete_registered_model_alias("toys", "champion")
    with pytest.raises(PromotionError, match="no version has 'champion' any more"):
        take(store.client, "champion", "toys", late, first)


def test_who_was_killed_on_the_way_holds_nobody_up_for_long(store: Any, version: Any) -> None:
    killed, new = version(), version()
    age(store, killed)
    take(store.client, "champion", "toys", new, None)
    assert holder(store) == new


def test_each_rollback_goes_one_further_back(store: Any, succeed: Any) -> None:
    first, second, third = succeed(), succeed(), succeed()
    for gone, back in ((third, second), (second, first)):
        done = roll_back(store.client, "toys", "champion")
        assert (done.version, done.instead_of, holder(store)) == (back, gone, back)
        assert rolled_back_tag("champion") in store.client.get_model_version("toys", str(gone)).tags
    with pytest.raises(PromotionError, match="version 1 of 'toys' came to 'champion' without one before it"):
        roll_back(store.client, "toys", "champion")
    assert holder(store) == first
    fourth = succeed()
    assert store.client.get_model_version("toys", str(fourth)).tags[previous_tag("champion")] == str(first)
    assert roll_back(store.client, "toys", "champion").version == first


def test_there_is_no_way_back_to_what_was_deleted(store: Any, succeed: Any) -> None:
    for _ in range(3):
        succeed()
    store.client.delete_model_version("toys", "2")
    with pytest.raises(
        PromotionError, match=r"version 2 of 'toys', .* was deleted. Left are 1, 3. Point the alias"
    ):
        roll_back(store.client, "toys", "champion")
    assert holder(store) == 3


def test_a_rollback_waits_for_a_promotion_and_needs_an_alias(store: Any, version: Any, succeed: Any) -> None:
    with pytest.raises(PromotionError, match="no version of 'toys' has the alias 'champion'"):
        roll_back(store.client, "toys", "champion")
    succeed()
    succeed()
    version(2)
    with pytest.raises(PromotionError, match="version 3 of 'toys' is on its way to 'champion'"):
        roll_back(store.client, "toys", "champion")
    assert holder(store) == 2
    age(store, 3)
    assert roll_back(store.client, "toys", "champion").version == 1


def test_a_rollback_takes_back_what_a_killed_promotion_has_left(
    store: Any, version: Any, succeed: Any, tmp_path: Path
) -> None:
    succeed()
    succeed()
    store.client.set_model_version_tag("toys", str(killed := version(2)), "kdorch.promotion", "its mark")
    with claim(Home(tmp_path).promotions, LOCAL, "toys") as note:
        note.write_text(json.dumps(asdict(Intent("its mark", store.run_id, "toys", "champion"))))
    done = rollback("toys", home=tmp_path)
    assert (done.instead_of, done.version, holder(store)) == (2, 1, 1)
    assert killed not in store.registered()["toys"]


def test_the_longest_alias_finds_its_way_back(store: Any) -> None:
    alias = "a" * 230
    check_alias(alias)
    with pytest.raises(PromotionError, match="it must be 1 to 230 letters"):
        check_alias(alias + "a")
    store.client.create_registered_model("toys")
    for previous in (None, 1):
        tags = Succession(previous).tags(alias)
        made = store.client.create_model_version("toys", "nowhere", tags=tags)
        take(store.client, alias, "toys", int(made.version), previous)
        store.client.delete_model_version_tag("toys", made.version, TURN)
    assert roll_back(store.client, "toys", alias).version == 1
