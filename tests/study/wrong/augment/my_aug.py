import torch


def augment(inputs, generator):
    return inputs + 0.1 * torch.randn(inputs.shape, generator=generator)
