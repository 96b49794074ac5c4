"""An entry is made once and appears whole or not at all, whatever happens to the processes that want it."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from pathlib import Path

import pytest

from kdorch.teaching.store import Store, contents, damaged, digest

KEY = {"key": 1}
LIMIT = 30  # seconds after which a test gives up


class Writer:
    """Counts how often it is asked to write."""

    def __init__(self, text="whole"):
        self.calls, self.text = 0, text

    def __call__(self, folder):
        self.calls += 1
        (folder / "inner").mkdir()
        (folder / "inner" / "first.txt").write_text(self.text)
        return {"answer": 42}


class Process:
    """A running `store_process`."""

    def __init__(self, root):
        script = str(Path(__file__).with_name("store_process.py"))
        command = [sys.executable, script, str(root)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self.popen = subprocess.Popen(command, text=True, env=os.environ | paths, **pipes)

    def hear(self):
        return self.popen.stdout.readline().strip()

    def go_on(self):
        self.popen.stdin.write("\n")
        self.popen.stdin.flush()


@pytest.fixture
def start(tmp_path):
    """Return a function that starts processes that all want the same entry, up to where they ask for it."""
    started = []

    def make(count):
        started.extend(Process(tmp_path / "store") for _ in range(count))
        assert [process.hear() for process in started] == ["ready"] * count
        for process in started:
            process.go_on()
        return started

    yield make
    for process in started:
        process.popen.kill()
        with process.popen:  # closes its pipes and waits
            pass


def next_to_speak(processes, timeout=LIMIT):
    """Return a process that says something within so many seconds, and what it says."""
    with selectors.DefaultSelector() as selector:
        for process in processes:
            selector.register(process.popen.stdout, selectors.EVENT_READ, process)
        ready = selector.select(timeout)
        return (ready[0][0].data, ready[0][0].data.hear()) if ready else None


# ---------------------------------------------------------------- one process


def test_makes_an_entry_once(store):
    write = Writer()
    first, second = (store.make("thing", KEY, write) for _ in range(2))
    assert write.calls == 1
    assert (first.made, second.made) == (True, False)
    assert first.path == second.path == store.root / "thing" / first.digest
    assert first.facts == second.facts == {"answer": 42}
    assert (second.path / "inner" / "first.txt").read_text() == "whole"
    assert json.loads((first.path / "manifest.json").read_text())["key"] == KEY


@pytest.mark.parametrize(
    ("kind", "key"), [("other", {"a": 1, "b": [1]}), ("thing", {"a": 1, "b": [2]}), ("thing", {"a": 1})]
)
def test_another_kind_or_key_is_another_entry(store, kind, key):
    store.make("thing", {"a": 1, "b": [1]}, Writer("old"))
    made = store.make(kind, key, Writer("new"))
    assert made.made
    assert (made.path / "inner" / "first.txt").read_text() == "new"


def test_the_order_of_the_keys_does_not_matter(store):
    store.make("thing", {"a": 1, "b": {"c": 2, "d": 3}}, Writer())
    assert not store.make("thing", {"b": {"d": 3, "c": 2}, "a": 1}, Writer()).made


def test_a_number_is_not_its_text():
    assert len({digest(value) for value in (1, "1", 1.5, "1.5", True, None, [1], {"1": 1})}) == 8


def test_what_has_no_digest_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        digest({"lr": float("nan")})


def test_a_writer_that_fails_leaves_no_entry(store):
    def fail(folder):
        Writer("garbage")(folder)
        (folder / "garbage.txt").touch()
        raise LookupError("no teacher")

    with pytest.raises(LookupError):
        store.make("thing", KEY, fail)
    made = store.make("thing", KEY, Writer())
    assert made.made
    assert {path.name for path in made.path.iterdir()} == {"inner", "manifest.json"}


# ---------------------------------------------------------------- several processes


def test_processes_that_want_the_same_entry_make_it_once(start, store):
    processes = start(3)
    writer, word = next_to_speak(processes)
    others = [process for process in processes if process is not writer]
    assert word == "writing"
    assert next_to_speak(others, timeout=0.3) is None  # they wait for the first
    writer.go_on()
    assert writer.hear() == "made"
    assert [process.hear() for process in others] == ["found", "found"]
    (folder,) = (path for path in (store.root / "thing").iterdir() if path.is_dir())
    assert (folder / "first.txt").read_text() == "whole"


def test_a_kill_while_writing_leaves_nothing_half_done(start, store):
    (process,) = start(1)
    assert process.hear() == "writing"
    assert list(store.root.rglob("garbage.txt"))  # it is in the middle
    process.popen.kill()
    process.popen.wait(LIMIT)
    path = store.root / "thing" / digest(KEY)
    assert not path.exists()
    made = store.make("thing", KEY, Writer())
    assert made.made
    assert made.path == path
    assert not list(store.root.rglob("garbage.txt"))
    assert [folder for folder in path.parent.iterdir() if folder.is_dir()] == [path]


def test_another_process_takes_over_from_one_that_is_killed(start, store):
    processes = start(2)
    victim, _ = next_to_speak(processes)
    (other,) = (process for process in processes if process is not victim)
    victim.popen.kill()
    assert next_to_speak([other]) == (other, "writing")
    other.go_on()
    assert other.hear() == "made"
    found = store.make("thing", KEY, Writer())
    assert not found.made
    assert found.facts == {"answer": 42}
    assert {path.name for path in found.path.iterdir()} == {"first.txt", "manifest.json"}


def test_a_new_store_finds_what_an_old_one_made(store):
    store.make("thing", KEY, Writer())
    assert not Store(store.root).make("thing", KEY, Writer()).made


def test_what_is_in_an_entry_decides_its_contents(tmp_path):
    one, other = Store(tmp_path / "one"), Store(tmp_path / "other")
    first = one.make("kind", KEY, Writer())
    assert contents(first.path) == contents(other.make("kind", KEY, Writer()).path)
    assert contents(first.path) != contents(one.make("kind", {"key": 2}, Writer("else")).path)


@pytest.mark.parametrize(
    ("name", "spoil", "told"),
    [
        ("inner/first.txt", lambda file: file.write_text("whale"), ["inner/first.txt"]),
        ("inner/first.txt", Path.unlink, ["inner/first.txt"]),
        ("manifest.json", lambda file: file.write_text('{"key": 1'), ["manifest.json"]),
        ("manifest.json", Path.unlink, ["manifest.json"]),
    ],
)
def test_damage_is_found(name, spoil, told, tmp_path):
    entry = Store(tmp_path).make("kind", KEY, Writer())
    assert damaged(entry.path) == []
    spoil(entry.path / name)
    assert damaged(entry.path) == told


def test_of_an_entry_without_checksums_nothing_is_known(tmp_path):
    path = Store(tmp_path).make("kind", KEY, Writer()).path
    manifest = json.loads((path / "manifest.json").read_text())
    del manifest["files"]
    (path / "manifest.json").write_text(json.dumps(manifest))
    assert contents(path) is None
    assert damaged(path) == []
