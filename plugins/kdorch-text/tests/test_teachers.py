"""The contract of teachers, and what they do with texts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from kdorch_text.rows import encode
from kdorch_text.teachers.huggingface import HuggingfaceText
from kdorch_text.teachers.reading import Reader
from kdorch_text.teachers.tfidf import Tfidf
from made_up_texts import MadeUp

import kdorch
from kdorch.testing import TeacherContract

TASK = kdorch.Classification(labels=("no", "yes"), input_shape=(12,))


class TestHuggingfaceText(TeacherContract):
    dataset = MadeUp()

    @pytest.fixture(autouse=True)
    def _model(self, tiny: Path) -> None:
        type(self).teacher = HuggingfaceText(model=tiny, length=12, layers=(0, 2), epochs=1, lr=1e-3)


class TestTfidf(TeacherContract):
    teacher = Tfidf(ngrams=2)
    dataset = MadeUp()


class TestTfidfOutOfFold(TeacherContract):
    teacher = Tfidf(cross_fit=3)
    dataset = MadeUp()


def batch(texts: list[str]) -> kdorch.Batch:
    rows = len(texts)
    raw = torch.from_numpy(encode(texts, 60))
    return kdorch.Batch(torch.zeros(rows, 12), torch.zeros(rows), torch.arange(rows), raw=raw)


def reader(tiny: Path, **fields: object) -> Reader:
    torch.manual_seed(0)
    return Reader.pretrained(HuggingfaceText(model=tiny, length=12, **fields), 2).eval()


@torch.no_grad()
def test_its_features_are_those_of_the_model(tiny: Path) -> None:
    """In the order of the rows, though they are read by length; 0 where there is no token."""
    from transformers import AutoModel, AutoTokenizer

    texts = ["the film is good", "bad", "no point about a great plot"]
    reading = reader(tiny, layers=(1, 2))
    found = reading.answer(batch(texts))
    alone = torch.cat([reading.answer(batch([text])).logits for text in texts])
    assert torch.allclose(found.logits, alone, atol=1e-5)
    model, tokenizer = (each.from_pretrained(tiny) for each in (AutoModel, AutoTokenizer))
    for row, text in enumerate(texts):
        told = model.eval()(**tokenizer(text, return_tensors="pt"), output_hidden_states=True)
        count = told.last_hidden_state.shape[1]
        for layer in (1, 2):
            feature = found.features[f"layer{layer}"][row]
            assert torch.allclose(feature[:count], told.hidden_states[layer][0], atol=1e-5)
            assert not feature[count:].any()
        assert torch.allclose(found.features["pooled"][row], told.last_hidden_state[0].mean(0), atol=1e-5)


@torch.no_grad()
def test_the_first_token_may_stand_for_a_text(tiny: Path) -> None:
    found = reader(tiny, layers=(2,), pooling="first").answer(batch(["the film is good"]))
    assert torch.equal(found.features["pooled"], found.features["layer2"][:, 0])


def test_batches_have_each_row_once_and_similar_lengths() -> None:
    from kdorch_text.teachers.reading import batches

    lengths = torch.randint(1, 60, (1000,), generator=torch.Generator().manual_seed(0))
    found = list(batches(lengths, 16, torch.Generator().manual_seed(0)))
    assert torch.cat(found).sort().values.tolist() == list(range(1000))
    spread = [int(lengths[rows].max() - lengths[rows].min()) for rows in found]
    assert sum(spread) / len(spread) < 5


def test_it_learns(tiny: Path) -> None:
    """Fine-tuned on sentences that one word decides, it knows those that it has not seen."""
    contract = TestHuggingfaceText()
    contract.teacher = HuggingfaceText(model=tiny, length=12, epochs=6, batch=8, lr=1e-2)
    ready = contract.fitted()
    rows = ready.classroom.validation
    logits = ready.teacher.build(ready.classroom.task, ready.state)(rows).logits
    assert ready.classroom.task.score("accuracy", logits, rows.targets) > 0.9
    assert any("of 6: accuracy" in note for note in ready.classroom.diary.notes)


def test_it_has_the_parameters_of_its_model(tiny: Path) -> None:
    from transformers import AutoModel

    contract = TestHuggingfaceText()
    contract.teacher = HuggingfaceText(model=tiny, length=12, epochs=1)
    ready = contract.fitted()
    own = sum(weight.numel() for weight in AutoModel.from_pretrained(tiny).parameters())
    assert ready.teacher.parameters(ready.classroom.task, ready.state) == own + 2 * 16 + 2


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (Path("nowhere"), "there is no folder nowhere"),
        ("no_such_package:model", r"no package 'no_such_package'.*pip install no-such-package"),
        ("kdorch:model", r"no folder .*model \(the package 'kdorch', folder 'model'\)"),
        ("kdorch:tasks", r"has no config\.json, model\.safetensors"),
    ],
)
def test_a_model_that_is_not_there_is_told_when_the_study_is_checked(model: str | Path, told: str) -> None:
    import re

    assert re.search(told, HuggingfaceText(model=model).complaints()["model"])


def test_a_broken_model_is_an_error(tiny: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny, tmp_path / "broken")
    (folder / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(kdorch.DataError, match=r"teacher\.model: .*broken cannot be read"):
        reader(folder)


def test_what_the_model_has_not_is_refused(tiny: Path) -> None:
    with pytest.raises(kdorch.DataError, match=r"teacher\.layers: the model has 2 blocks, not 3"):
        reader(tiny, layers=(3,))
    with pytest.raises(kdorch.DataError, match=r"teacher\.length: the model reads 64 tokens, not 99"):
        Reader.pretrained(HuggingfaceText(model=tiny, length=99), 2)


def test_other_weights_are_another_teacher_wherever_they_lie(tiny: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(tiny, tmp_path / "copy")
    one, other = (HuggingfaceText(model=folder) for folder in (tiny, copied))
    assert one.store_key() == other.store_key()
    content = bytearray((copied / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (copied / "model.safetensors").write_bytes(content)
    assert one.store_key() != other.store_key()


def test_no_code_of_the_folder_is_run(tiny: Path, tmp_path: Path) -> None:
    import json

    folder = shutil.copytree(tiny, tmp_path / "evil")
    (folder / "evil.py").write_text("raise SystemExit('run')")
    config = json.loads((folder / "config.json").read_text())
    config |= {"auto_map": {"AutoModel": "evil.Evil"}, "model_type": "evil"}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(kdorch.DataError, match=r"teacher\.model: .* cannot be read"):
        reader(folder)
