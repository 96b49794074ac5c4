"""Do the sections fit each other: tasks, needs, and what is measured; in a file and in Python."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Annotated, Any

import pytest
from pydantic import Field

import kdorch
from kdorch import StudyError
from kdorch.builtin.datasets import Digits
from kdorch.builtin.losses import Hinton, Supervised
from kdorch.builtin.networks import Mlp
from kdorch.builtin.teachers import Trained
from kdorch.discovery import Origin, Plugins
from kdorch.study import Study
from kdorch.study.check import check, checked
from kdorch.study.file import read

Complaints = Callable[..., list[str]]

# ---------------------------------------------------------------- metrics


def test_objectives_that_nobody_measures(complaints: Complaints, small: str) -> None:
    assert complaints(small, "objectives={test/accuracy: max, size/prams: min}") == [
        "objectives.test/accuracy: a search may not see the test rows. Write val/accuracy: test rows stay locked until a student is confirmed.",
        "objectives.size/prams: nobody measures this. Did you mean 'size/params'?",
    ]


def test_objectives_in_the_wrong_direction(complaints: Complaints, small: str) -> None:
    assert complaints(small, "objectives={val/accuracy: min, cost/flops: max}") == [
        "objectives.val/accuracy: higher is better, so it cannot be 'min'. Write max.",
        "objectives.cost/flops: lower is better, so it cannot be 'max'. Write min.",
    ]


def test_the_first_objective_is_a_score(complaints: Complaints, small: str) -> None:
    [complaint] = complaints(small, "objectives={size/params: min, val/accuracy: max}")
    first, _, rest = complaint.partition(", so ")
    assert first == "objectives.size/params: the first objective chooses the best epoch"
    assert rest == "it must be a score of the task. Begin with val/accuracy or val/f1 or val/loss."


@pytest.mark.parametrize("metric", ["val/ece", "val/agreement", "val/kl", "size/bytes", "cost/train_seconds"])
def test_everything_that_is_measured_can_be_limited(
    load: Callable[..., Study], small: str, metric: str
) -> None:
    assert load(small, f"limits.{metric}=0.5").limits == {metric: 0.5}


# ---------------------------------------------------------------- do the parts fit each other?


class Gaze(kdorch.Loss, name="gaze", needs={"features"}):
    layers: dict[str, str] = Field(default_factory=dict)


class Regressor(kdorch.Student, name="regressor", tasks={"regression"}):
    pass


class Seeing(kdorch.Student, name="seeing", provides={"features", "gates"}):
    pass


class Surveyor(kdorch.Teacher, name="surveyor", tasks={"regression"}):
    pass


class Heights(kdorch.Dataset, name="heights", tasks={"regression"}):
    pass


class Homeless(kdorch.Dataset, name="homeless"):
    pass


class Foreign(kdorch.Dataset, name="foreign", tasks={"detection"}):
    pass


class Coarse(kdorch.Measure, name="coarse"):
    grain: Annotated[int, kdorch.Range(1, 3)] = 1

    def produces(self, task: type[kdorch.Task]) -> dict[str, Any]:
        return {f"cost/grain{self.grain}": "min"}


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    class Offer:
        @kdorch.hookimpl
        def register_losses(self, register: Callable[..., None]) -> None:
            register(Gaze)

        @kdorch.hookimpl
        def register_students(self, register: Callable[..., None]) -> None:
            register(Regressor)
            register(Seeing)

        @kdorch.hookimpl
        def register_teachers(self, register: Callable[..., None]) -> None:
            register(Surveyor)

        @kdorch.hookimpl
        def register_datasets(self, register: Callable[..., None]) -> None:
            register(Homeless)
            register(Heights)
            register(Foreign)

        @kdorch.hookimpl
        def register_measures(self, register: Callable[..., None]) -> None:
            register(Coarse)

    found = Plugins(entry_points(group="kdorch"))
    found.add(Offer(), Origin("tests", "0", "here"))
    return found


@pytest.fixture
def fit(plugins: Plugins, write: Callable[[str], Any], small: str) -> Complaints:
    def found(*overrides: str) -> list[str]:
        try:
            checked(read(write(small), overrides), plugins)
        except StudyError as error:
            return [str(problem).replace(" (--set)", "") for problem in error.problems]
        return []

    return found


def test_a_loss_that_needs_what_the_networks_do_not_provide(fit: Complaints) -> None:
    needs = "losses.at: loss 'gaze' needs features from the"
    blind = "{use: mlp, depth: 0}"
    assert fit("losses.at={use: gaze}", f"teacher.network={blind}", f"student={blind}") == [
        f"{needs} teacher, but 'trained' provides only its prediction. Use another loss, or a teacher that provides it.",
        f"{needs} student, but 'mlp' provides only its prediction. Use another loss, or a student that provides it.",
    ]
    [complaint] = fit("losses.at={use: gaze}", "teacher.network={use: seeing}", f"student={blind}")
    assert complaint.startswith(f"{needs} student, but 'mlp' provides only its prediction. ")
    assert fit("losses.at={use: gaze}", "teacher.network={use: seeing}", "student={use: seeing}") == []


def test_needs_are_checked_for_each_option_of_a_choice(fit: Complaints) -> None:
    choice = "student={any: [{use: mlp, depth: 0}, {use: seeing}]}"
    losses = "losses={kd: {any: [{use: gaze}, {use: hinton}]}}"
    [complaint] = fit(choice, losses)
    assert complaint.startswith("losses.kd.any.gaze: loss 'gaze' needs features from the student")
    assert "but 'mlp' provides only its prediction. Use another loss" in complaint


def test_a_student_for_another_task(fit: Complaints) -> None:
    wrong = "student 'regressor' does regression; the dataset 'digits' is for classification. "
    wrong += "Known for classification: cnn, mlp, module, seeing."
    assert fit("student={use: regressor}") == [f"student: {wrong}"]
    assert fit("student={any: [{use: mlp}, {use: regressor}]}") == [f"student.any.regressor: {wrong}"]


def test_a_loss_for_another_task(fit: Complaints) -> None:
    wrong = "loss 'hinton' does classification, multilabel, tokens; the dataset 'heights' is for regression."
    numbers = ("data={use: heights}", "objectives={val/r2: max}")
    [complaint] = fit(*numbers)
    complaint, _, known = complaint.partition(" Known for regression: ")
    assert complaint == f"losses.kd (line 7): {wrong}"
    able = known.removesuffix(".").split(", ")
    assert {"gaze", "logit_mse", "task"} <= set(able)
    assert not {"hinton", "dkd", "forward_kl"} & set(able)
    assert fit(*numbers, "losses.kd={use: logit_mse}") == []


@pytest.mark.parametrize("weights", ["balanced", "[1, 2]"])
def test_classes_are_weighted_where_there_are_some(fit: Complaints, weights: str) -> None:
    losses = f"losses={{task: {{use: task, class_weights: {weights}}}}}"
    assert fit(losses) == []
    assert fit("data={use: heights}", "objectives={val/mae: min}", losses) == [
        "losses.task.class_weights: only classification has classes to weight, not regression."
    ]


def test_a_dataset_must_say_its_task(fit: Complaints) -> None:
    assert fit("data={use: homeless}") == ["data: the dataset 'homeless' does not say which task it is for."]


def test_a_task_that_is_not_installed(fit: Complaints) -> None:
    complaint = "data: No task is called 'detection'. Known: classification, multilabel, regression, tokens."
    assert complaint in fit("data={use: foreign}", "losses={task: {use: task}}")


def test_measures_of_plugins_can_be_optimised(fit: Complaints) -> None:
    objective = "objectives.cost/grain2=min"
    assert not fit("measures=[{use: coarse, grain: 2}]", objective)
    [complaint] = fit("measures=[{use: coarse, grain: 3}]", objective)
    assert complaint == "objectives.cost/grain2: nobody measures this. Did you mean 'cost/grain3'?"


@pytest.mark.parametrize(
    "metric", ["objectives.val/loss/kd=min", "limits.val/loss/task=3", "limits.train/loss/kd=3"]
)
def test_the_value_of_a_loss_is_refused_with_the_reason(fit: Complaints, metric: str) -> None:
    [complaint] = fit(metric)
    where = metric.partition("=")[0]
    assert complaint.startswith(
        f"{where}: students cannot be compared by the value of a loss: what is tuned in"
    )
    assert complaint.endswith(
        "have none. Use val/accuracy, val/f1, val/loss, val/agreement, val/kl, val/ece, or a measure of your own."
    )
    [other] = fit("limits.val/loss/kdd=3")
    assert other.startswith("limits.val/loss/kdd: nobody measures this.")


# ---------------------------------------------------------------- references


def test_references_do_the_task_and_need_not_provide_what_losses_need(fit: Complaints) -> None:
    seeing = ("losses.at={use: gaze}", "teacher.network={use: seeing}", "student={use: seeing}")
    assert fit(*seeing, "references={small: {use: trained, network: {use: mlp}, cross_fit: 3}}") == []
    few, other = fit("references={one: {use: surveyor}, two: {use: trained, network: {use: mlp, width: 0}}}")
    assert few == "references.two.network.width: should be at least 1, not 0."
    assert other.startswith(
        "references.one: teacher 'surveyor' does regression; the dataset 'digits' is for classification. Known"
    )


# ---------------------------------------------------------------- studies in Python


def test_a_study_in_python_is_checked_alike(plugins: Plugins) -> None:
    study = Study(
        name="small",
        data=Digits(),
        teacher=Trained(network=Mlp()),
        student=Mlp(),
        losses={"task": Supervised(), "kd": Hinton()},
        tune={"student.widht": "auto"},
        objectives={"size/params": "min"},
    )
    with pytest.raises(StudyError) as error:
        check(study, plugins)
    assert [problem.where for problem in error.value.problems] == [
        "tune.student.widht",
        "objectives.size/params",
    ]
    assert str(error.value).startswith("study 'small' has 2 problems:")


def test_wrong_fields_in_python_are_told_like_those_of_a_file() -> None:
    with pytest.raises(StudyError) as error:
        Study(
            name="small",
            data=Digits(),
            teacher={"use": "trained", "network": {"use": "mlp", "widht": 3}},
            student=Hinton(),
            losses={"kd": Hinton()},
            objectives={"val/accuracy": "max"},
            serch={"trials": 3},
        )
    assert sorted(str(problem) for problem in error.value.problems) == [
        "serch: there is no 'serch' here. Did you mean 'search'?",
        "student: the loss 'hinton' stands where a student should.",
        "teacher.network.widht: there is no 'widht' here. Did you mean 'width'?",
    ]
