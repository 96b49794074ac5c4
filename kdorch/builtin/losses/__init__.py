"""Terms of the objective, one file each."""

from kdorch.builtin.losses.attention import Attention
from kdorch.builtin.losses.cwd import Cwd
from kdorch.builtin.losses.dist import Dist
from kdorch.builtin.losses.dkd import Dkd
from kdorch.builtin.losses.forward_kl import ForwardKl
from kdorch.builtin.losses.hint import Hint
from kdorch.builtin.losses.hinton import Hinton
from kdorch.builtin.losses.jsd import Jsd
from kdorch.builtin.losses.logit_mse import LogitMse
from kdorch.builtin.losses.logit_standardization import LogitStandardization
from kdorch.builtin.losses.nkd import Nkd
from kdorch.builtin.losses.nst import Nst
from kdorch.builtin.losses.pkd import Pkd
from kdorch.builtin.losses.pkt import Pkt
from kdorch.builtin.losses.reverse_kl import ReverseKl
from kdorch.builtin.losses.rkd import Rkd
from kdorch.builtin.losses.similarity import Similarity
from kdorch.builtin.losses.skew_kl import SkewKl
from kdorch.builtin.losses.skew_reverse_kl import SkewReverseKl
from kdorch.builtin.losses.soft_cross_entropy import SoftCrossEntropy
from kdorch.builtin.losses.supervised import Supervised
from kdorch.builtin.losses.uld import Uld
from kdorch.builtin.losses.vid import Vid

__all__ = [
    "Attention",
    "Cwd",
    "Dist",
    "Dkd",
    "ForwardKl",
    "Hint",
    "Hinton",
    "Jsd",
    "LogitMse",
    "LogitStandardization",
    "Nkd",
    "Nst",
    "Pkd",
    "Pkt",
    "ReverseKl",
    "Rkd",
    "Similarity",
    "SkewKl",
    "SkewReverseKl",
    "SoftCrossEntropy",
    "Supervised",
    "Uld",
    "Vid",
]
