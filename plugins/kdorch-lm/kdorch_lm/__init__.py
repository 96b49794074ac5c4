"""Causal language models for kdorch: text in blocks, transformers that tell the next token, their teachers.

This module names what there is; it imports neither torch nor transformers, so that ``kdorch --help`` stays
quick wherever the plugin is installed.
"""

from __future__ import annotations

from collections.abc import Callable

import kdorch


@kdorch.hookimpl
def register_datasets(register: Callable[..., None]) -> None:
    """Jane Austen's novels, and a file of your own."""
    register("austen", "kdorch_lm.data.austen:Austen")
    register("text_blocks", "kdorch_lm.data.text:TextBlocks")


@kdorch.hookimpl
def register_students(register: Callable[..., None]) -> None:
    """One network: teachers come from it as ``{use: trained, network: {use: transformer_lm}}``."""
    register("transformer_lm", "kdorch_lm.transformer:TransformerLm")


@kdorch.hookimpl
def register_teachers(register: Callable[..., None]) -> None:
    """Any causal language model in a folder."""
    register("huggingface_lm", "kdorch_lm.huggingface:HuggingfaceLm")
