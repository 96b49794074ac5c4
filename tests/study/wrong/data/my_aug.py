import torch


def unseeded(inputs, generator):
    return inputs + 0.1 * torch.randn(inputs.shape)
