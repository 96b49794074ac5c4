"""What kdorch costs, side by side with what it is compared with: ``python -m benchmarks --list``.

Not part of the distribution. Each row of the table is one function in ``rows/``; both of its sides run in the
same minutes, interleaved, and their accuracies are compared.
"""
