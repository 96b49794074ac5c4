"""Any causal language model in a folder teaches; nothing else in the folder is loaded, and nothing is fetched."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from kdorch_lm.data.text import TextBlocks
from kdorch_lm.huggingface import HuggingfaceLm
from kdorch_lm.transformer import TransformerLm

import kdorch
from kdorch.testing import TeacherContract


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


VOCABULARY = 150  # tokens of the tiny tokenizer


class TestHuggingfaceLm(TeacherContract):
    @pytest.fixture(autouse=True)
    def folder(self, model: Path, file: Path) -> None:
        type(self).teacher = HuggingfaceLm(path=model)
        type(self).dataset = TextBlocks(path=file, length=24, tokenizer=model)


def fitted(model: Path, dataset: TextBlocks) -> kdorch.Task:
    """The study's task, once the teacher has agreed to it."""
    task = dataset.load().task.model_copy(update={"input_shape": (dataset.length,)})
    lessons: Any = SimpleNamespace(task=task)
    assert HuggingfaceLm(path=model).fit(lessons) == {}
    return task


def test_it_says_what_the_model_says_of_the_study_s_tokens(model: Path, file: Path) -> None:
    from transformers import AutoModelForCausalLM

    task = fitted(model, TextBlocks(path=file, length=24, tokenizer=model))
    teacher, ids = HuggingfaceLm(path=model), torch.randint(VOCABULARY, (3, 24))
    batch = kdorch.Batch(ids, ids, torch.arange(3))
    with torch.no_grad():
        said = teacher.build(task, {})(batch).logits
        wanted = AutoModelForCausalLM.from_pretrained(model).eval()(ids).logits
    assert said.shape == (3, 24, VOCABULARY) == (3, *task.output_shape)
    assert torch.allclose(said, wanted[..., :VOCABULARY], atol=1e-6)
    assert teacher.parameters(task, {}) == sum(each.numel() for each in teacher._model().parameters())


def test_another_vocabulary_is_refused_with_what_to_write(model: Path, file: Path) -> None:
    with pytest.raises(
        kdorch.DataError, match=r"a vocabulary of 150 tokens, and the study another of .*tokenizer: "
    ):
        fitted(model, TextBlocks(path=file, length=24))


def test_rows_longer_than_the_model_takes_are_refused(model: Path, file: Path) -> None:
    with pytest.raises(kdorch.DataError, match=r"takes 30 tokens, and a row has 31\. Write length: 30"):
        fitted(model, TextBlocks(path=file, length=31, tokenizer=model))


def test_what_is_missing_in_the_folder_is_told(model: Path, tmp_path: Path) -> None:
    assert HuggingfaceLm(path=model).complaints() == {}
    folder = shutil.copytree(model, tmp_path / "copy")
    weights = next(folder.glob("*.safetensors"))
    weights.rename(folder / "pytorch_model.bin")
    [told] = HuggingfaceLm(path=folder).complaints().values()
    assert "no *.safetensors in" in told
    assert HuggingfaceLm(path=tmp_path / "nowhere").complaints().keys() == {"path"}


@pytest.mark.parametrize("damaged", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_damaged_file_is_told_with_its_folder(
    model: Path, file: Path, tmp_path: Path, damaged: str
) -> None:
    folder = shutil.copytree(model, tmp_path / "copy")
    (folder / damaged).write_text("{")
    task = fitted(model, TextBlocks(path=file, length=24, tokenizer=model))
    lessons: Any = SimpleNamespace(task=task)
    with pytest.raises(kdorch.DataError, match=f"{folder}.* cannot be read"):
        HuggingfaceLm(path=folder).build(task, HuggingfaceLm(path=folder).fit(lessons))


def test_a_model_of_fewer_tokens_than_its_tokenizer_is_refused(
    model: Path, file: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(model, tmp_path / "copy")
    config = folder / "config.json"
    config.write_text(config.read_text().replace(f'"vocab_size": {VOCABULARY + 4}', '"vocab_size": 99'))
    with pytest.raises(kdorch.DataError, match=r"answers 99 tokens, and its tokenizer\.json has 150"):
        fitted(folder, TextBlocks(path=file, length=24, tokenizer=folder))


def test_the_same_model_elsewhere_is_the_same_teacher_and_another_is_not(model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(model, tmp_path / "copy")
    one, other = HuggingfaceLm(path=model), HuggingfaceLm(path=folder)
    assert one.store_key() == other.store_key()
    with (folder / "tokenizer.json").open("a") as tokenizer:
        tokenizer.write("\n")
    assert one.store_key() != other.store_key()


def test_a_student_of_characters_learns_from_a_teacher_of_subwords(model: Path, file: Path) -> None:
    """Two vocabularies, 150 tokens and 100 characters: `uld` compares how sure both are, place by place."""
    letters, words = TextBlocks(path=file, length=24), TextBlocks(path=file, length=24, tokenizer=model)
    ours, theirs = letters.load(), words.load()
    task = ours.task.model_copy(update={"input_shape": (24,)})
    assert task.outputs != theirs.task.outputs
    ids = letters.preprocess(torch.from_numpy(ours.inputs))(torch.from_numpy(ours.inputs[:8]))
    batch = kdorch.Batch(ids, torch.from_numpy(ours.targets[:8]), torch.arange(8))
    tokens = torch.from_numpy(theirs.inputs[:8]).long()
    with torch.no_grad():
        told = HuggingfaceLm(path=model).build(theirs.task, {})(kdorch.Batch(tokens, tokens, batch.rows))
    torch.manual_seed(0)
    network = TransformerLm(layers=1, width=16, heads=2).build(task)
    loss = kdorch_loss("uld").build(task, network(ids), told)
    optimizer, values = torch.optim.AdamW(network.parameters(), 0.01), []
    for _ in range(30):
        value = loss(network(ids), told, batch)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        values.append(value.item())
    assert values[-1] < 0.75 * values[0]
    with pytest.raises(ValueError, match="For two vocabularies, use uld"):
        kdorch_loss("forward_kl").build(task, network(ids), told)


def kdorch_loss(name: str) -> kdorch.Loss:
    from kdorch.discovery import installed

    loss: kdorch.Loss = installed().part("loss", {"use": name})
    return loss
