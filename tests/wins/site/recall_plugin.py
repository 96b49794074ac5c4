"""The share of one class's rows that a student finds."""

import kdorch


class Recall(kdorch.Measure, name="recall_of"):
    label: str

    def produces(self, task):
        return {"val/recall": "max"}

    def __call__(self, subject):
        own = subject.targets == subject.task.labels.index(self.label)
        found = subject.logits.argmax(-1) == subject.targets
        return {"val/recall": found[own].float().mean().item()}


@kdorch.hookimpl
def register_measures(register):
    register(Recall)
