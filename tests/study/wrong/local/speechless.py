"""A loss that forgets to answer where nothing is wrong."""

import kdorch


class Speechless(kdorch.Loss, name="speechless"):
    """The teacher's logits."""

    sharp: bool = True

    def complaints(self):  # noqa: RET503  the mistake
        if not self.sharp:
            return {"sharp": "should be true."}

    def __call__(self, student, teacher, batch):
        return (student.logits - teacher.logits).square().mean()


@kdorch.hookimpl
def register_losses(register):
    register(Speechless)
