def gaze(student, teacher, batch):
    return (student.logits - teacher.logits).square().mean()
