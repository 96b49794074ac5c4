"""What comes with kdorch, offered through the same hooks as anybody's plugins."""

from __future__ import annotations

from collections.abc import Callable

import kdorch


@kdorch.hookimpl
def register_datasets(register: Callable[..., None]) -> None:
    """Your own files, and datasets that scikit-learn ships."""
    register("files", "kdorch.builtin.files.dataset:Files")
    register("digits", "kdorch.builtin.datasets:Digits")
    register("breast_cancer", "kdorch.builtin.datasets:BreastCancer")
    register("diabetes", "kdorch.builtin.datasets:Diabetes")


@kdorch.hookimpl
def register_teachers(register: Callable[..., None]) -> None:
    """Networks, files, tables, models of a registry, and several of them."""
    register("trained", "kdorch.builtin.teachers.trained:Trained")
    register("checkpoint", "kdorch.builtin.teachers.checkpoint:Checkpoint")
    register("registry", "kdorch.builtin.teachers.registry:Registry")
    register("ensemble", "kdorch.builtin.teachers.ensemble:Ensemble")
    register("predictions", "kdorch.builtin.teachers.predictions:Predictions")
    register("exported", "kdorch.builtin.teachers.exported:Exported")
    register("sklearn", "kdorch.builtin.teachers.sklearn:Sklearn")


@kdorch.hookimpl
def register_students(register: Callable[..., None]) -> None:
    """Small networks, and anybody's module."""
    register("mlp", "kdorch.builtin.networks:Mlp")
    register("cnn", "kdorch.builtin.networks:Cnn")
    register("module", "kdorch.builtin.networks:Module")


@kdorch.hookimpl
def register_losses(register: Callable[..., None]) -> None:
    """Losses on labels, on logits of a row or of a token, and on features."""
    register("task", "kdorch.builtin.losses.supervised:Supervised")
    register("hinton", "kdorch.builtin.losses.hinton:Hinton")
    register("dkd", "kdorch.builtin.losses.dkd:Dkd")
    register("dist", "kdorch.builtin.losses.dist:Dist")
    register("logit_standardization", "kdorch.builtin.losses.logit_standardization:LogitStandardization")
    register("nkd", "kdorch.builtin.losses.nkd:Nkd")
    register("logit_mse", "kdorch.builtin.losses.logit_mse:LogitMse")
    register("soft_cross_entropy", "kdorch.builtin.losses.soft_cross_entropy:SoftCrossEntropy")
    register("forward_kl", "kdorch.builtin.losses.forward_kl:ForwardKl")
    register("reverse_kl", "kdorch.builtin.losses.reverse_kl:ReverseKl")
    register("jsd", "kdorch.builtin.losses.jsd:Jsd")
    register("skew_kl", "kdorch.builtin.losses.skew_kl:SkewKl")
    register("skew_reverse_kl", "kdorch.builtin.losses.skew_reverse_kl:SkewReverseKl")
    register("uld", "kdorch.builtin.losses.uld:Uld")
    register("hint", "kdorch.builtin.losses.hint:Hint")
    register("attention", "kdorch.builtin.losses.attention:Attention")
    register("similarity", "kdorch.builtin.losses.similarity:Similarity")
    register("rkd", "kdorch.builtin.losses.rkd:Rkd")
    register("pkt", "kdorch.builtin.losses.pkt:Pkt")
    register("nst", "kdorch.builtin.losses.nst:Nst")
    register("vid", "kdorch.builtin.losses.vid:Vid")
    register("cwd", "kdorch.builtin.losses.cwd:Cwd")
    register("pkd", "kdorch.builtin.losses.pkd:Pkd")


@kdorch.hookimpl
def register_tasks(register: Callable[..., None]) -> None:
    """Learning problems."""
    register("classification", "kdorch.tasks.classification:Classification")
    register("multilabel", "kdorch.tasks.multilabel:Multilabel")
    register("regression", "kdorch.tasks.regression:Regression")
    register("tokens", "kdorch.tasks.tokens:Tokens")


@kdorch.hookimpl
def register_measures(register: Callable[..., None]) -> None:
    """What every trial measures."""
    register("quality", "kdorch.measuring.quality:Quality")
    register("fidelity", "kdorch.measuring.quality:Fidelity")
    register("calibration", "kdorch.measuring.quality:Calibration")
    register("size", "kdorch.measuring.size:Size")
    register("flops", "kdorch.measuring.size:Flops")
    register("duration", "kdorch.measuring.size:Duration")
