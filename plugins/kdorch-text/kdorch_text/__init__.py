"""Texts for kdorch: data, teachers from Hugging Face folders, and small students with tokenizers that ship.

This module names what there is; it imports neither torch nor transformers, so that ``kdorch --help`` stays
quick wherever the plugin is installed.
"""

from __future__ import annotations

from collections.abc import Callable

import kdorch


@kdorch.hookimpl
def register_datasets(register: Callable[..., None]) -> None:
    """Your own texts, sentences of film reviews, e-mails."""
    register("texts", "kdorch_text.data.texts:Texts")
    register("rotten_tomatoes", "kdorch_text.data.rotten_tomatoes:RottenTomatoes")
    register("spam_assassin", "kdorch_text.data.spam_assassin:SpamAssassin")


@kdorch.hookimpl
def register_teachers(register: Callable[..., None]) -> None:
    """A transformer, and the reference that it has to beat."""
    register("huggingface_text", "kdorch_text.teachers.huggingface:HuggingfaceText")
    register("tfidf", "kdorch_text.teachers.tfidf:Tfidf")


@kdorch.hookimpl
def register_students(register: Callable[..., None]) -> None:
    """Networks on ids of tokens."""
    register("bag", "kdorch_text.students.bag:Bag")
    register("text_cnn", "kdorch_text.students.cnn:TextCnn")
    register("text_transformer", "kdorch_text.students.transformer:TextTransformer")
