"""Estimators of scikit-learn, fitted here or loaded."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from skops.io import dump

import kdorch
from kdorch.builtin.teachers import Sklearn


def answered(teacher, lessons):
    return teacher.build(lessons.task, teacher.fit(lessons))(lessons.train).logits


def test_an_estimator_is_fitted_and_its_probabilities_are_heard(room):
    lessons = room()
    logits = answered(Sklearn(estimator="sklearn.linear_model:LogisticRegression", args={"C": 0.5}), lessons)
    own = LogisticRegression(C=0.5).fit(lessons.train.inputs.numpy(), lessons.train.targets.numpy())
    expected = own.predict_proba(lessons.train.inputs.numpy())
    np.testing.assert_allclose(logits.softmax(-1), expected, atol=1e-5)


def test_the_seed_is_the_study_s_unless_it_is_given(room):
    forest = "sklearn.ensemble:RandomForestClassifier"
    few = {"n_estimators": 3, "max_depth": 2}
    one, same, other, fixed = (
        answered(Sklearn(estimator=forest, args=args), room(seed=seed))
        for seed, args in ((0, few), (0, few), (1, few), (1, few | {"random_state": 0}))
    )
    assert torch.equal(one, same)
    assert torch.equal(one, fixed)
    assert not torch.equal(one, other)


def test_what_a_forest_rules_out_stays_possible(room):
    logits = answered(Sklearn(estimator="sklearn.tree:DecisionTreeClassifier"), room())
    assert logits.min().item() == pytest.approx(np.log(1e-7))


@pytest.mark.parametrize(
    "estimator",
    ["sklearn.ensemble:RandomForestClassifier", "sklearn.neural_network:MLPClassifier"],
    ids=["a list", "an array"],
)
def test_labels_are_heard_from_either_form_of_answers(estimator, room):
    lessons = room("multilabel")
    args = {"max_iter": 2000} if "MLP" in estimator else {"n_estimators": 20}
    logits = answered(Sklearn(estimator=estimator, args=args), lessons)
    assert logits.shape == (30, 2)
    assert ((logits > 0) == lessons.train.targets.bool()).float().mean() > 0.9


def test_a_regression_is_fitted_at_unit_scale_and_loaded_in_the_units_of_the_dataset(room, tmp_path):
    lessons = room("regression")
    fitted = answered(Sklearn(estimator="sklearn.linear_model:Ridge"), lessons)
    own = Ridge().fit(lessons.train.inputs.numpy(), lessons.train.targets.numpy()[:, 0] * 10 + 100)
    dump(own, tmp_path / "ridge.skops")
    loaded = answered(Sklearn(file=tmp_path / "ridge.skops"), lessons)
    torch.testing.assert_close(loaded, fitted, atol=1e-3, rtol=0)
    assert abs(fitted).max() < 2


def test_rows_without_a_label_are_not_learnt_from(room):
    labelled = torch.arange(30) % 3 != 2  # no row of class c
    lessons = room(labelled=labelled)
    logits = answered(Sklearn(estimator="sklearn.linear_model:LogisticRegression"), lessons)
    assert logits.shape == (30, 3)
    assert logits[:, 2].max().item() == pytest.approx(np.log(1e-7))


def test_classes_of_a_file_are_the_dataset_s_by_name_or_by_position(room, tmp_path):
    lessons = room()
    inputs, kinds = lessons.train.inputs.numpy(), lessons.train.targets.numpy()
    found = []
    for name, targets in (("names", np.array(["a", "b", "c"])[kinds]), ("positions", kinds)):
        dump(LogisticRegression().fit(inputs, targets), tmp_path / name)
        found.append(answered(Sklearn(file=tmp_path / name), lessons))
    torch.testing.assert_close(*found)
    dump(LogisticRegression().fit(inputs, np.array(["x", "y", "z"])[kinds]), tmp_path / "others")
    with pytest.raises(
        kdorch.DataError, match=r"classes \(x, y, z\) are not those of the dataset \(a, b, c\)"
    ):
        answered(Sklearn(file=tmp_path / "others"), lessons)


def test_types_that_may_run_code_need_trust(room, tmp_path):
    lessons, file = room(), tmp_path / "forest.skops"
    dump(RandomForestClassifier(2).fit(lessons.train.inputs.numpy(), lessons.train.targets.numpy()), file)
    told = "teacher.trust: forest.skops holds types .*: sklearn.tree._tree.Tree. .*write trust: true"
    with pytest.raises(kdorch.DataError, match=told):
        Sklearn(file=file).fit(lessons)
    assert answered(Sklearn(file=file, trust=True), lessons).shape == (30, 3)
    file.write_text("hello")
    with pytest.raises(kdorch.DataError, match=r"cannot be read: .* Write it with skops.io.dump"):
        Sklearn(file=file).fit(lessons)


def test_raw_inputs_are_taken_when_asked_for(room):
    lessons = room()
    tree = {"estimator": "sklearn.linear_model:LogisticRegression"}
    raw, prepared = (answered(Sklearn(**tree, inputs=inputs), lessons) for inputs in ("raw", "prepared"))
    assert not torch.equal(raw, prepared)


@pytest.mark.parametrize(
    ("estimator", "args", "told"),
    [
        ("sklearn.linear_model:LogisticRegression", {"C": -1}, "LogisticRegression fails: .*'C'"),
        ("sklearn.linear_model:LogisticRegression", {"Q": 1}, "LogisticRegression fails: .*'Q'"),
        (
            "sklearn.linear_model:RidgeClassifier",
            {},
            "RidgeClassifier has no predict_proba.*CalibratedClassifier",
        ),
    ],
)
def test_estimators_that_will_not_do_are_explained(estimator, args, told, room):
    with pytest.raises(kdorch.DataError, match=told):
        answered(Sklearn(estimator=estimator, args=args), room())


def test_it_is_either_fitted_or_loaded(tmp_path):
    for fields, told in (
        ({}, {"estimator"}),
        ({"estimator": "a:B", "file": tmp_path}, {"estimator"}),
        ({"file": tmp_path, "args": {"C": 1}, "cross_fit": 3}, {"file", "args", "cross_fit"}),
        ({"estimator": "a:B", "args": {"C": 1}, "cross_fit": 3}, set()),
    ):
        assert Sklearn(**fields).complaints().keys() == told
    with pytest.raises(ValidationError, match="should be 2 or more"):
        Sklearn(estimator="a:B", cross_fit=1)
    assert Sklearn(file=tmp_path).foreign
    assert not Sklearn(estimator="a:B").foreign
    assert Sklearn(estimator="a:B", cross_fit=4).folds() == 4
