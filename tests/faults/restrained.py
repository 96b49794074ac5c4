"""``kdorch`` without root's right to pass over permissions, for itself and for all that it starts."""

import ctypes
import struct
import sys

PASS_OVER = (1, 2, 3)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
DROP_FOR_GOOD = 24  # PR_CAPBSET_DROP of prctl(2)
VERSION = 0x20080522  # of capset(2)


def renounce() -> None:
    """Give them up; somebody who is not root has none of them."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in PASS_OVER:
        libc.prctl(DROP_FOR_GOOD, capability, 0, 0, 0)
    header = struct.pack("Ii", VERSION, 0)
    data = ctypes.create_string_buffer(24)
    libc.capget(header, data)
    words = list(struct.unpack("6I", data.raw))
    for position in (0, 1, 2):  # effective, permitted, inheritable
        for capability in PASS_OVER:
            words[position] &= ~(1 << capability)
    if libc.capset(header, struct.pack("6I", *words)):
        raise OSError(ctypes.get_errno(), "capset")


renounce()
sys.argv[0] = "kdorch"

from kdorch.cli import main  # noqa: E402  what it imports, it reads as somebody else

main()
