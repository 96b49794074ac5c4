"""Your own data: tables, arrays and images, as the dataset ``files``.

Reading order: :mod:`~kdorch.builtin.files.dataset` (the fields), :mod:`~kdorch.builtin.files.checking` (what
is found without loading anything), then one module per form of data: ``table``, ``arrays``, ``images``.
A table is read twice, in chunks: ``survey`` sees what its columns are, ``encoding`` turns them into numbers.
:mod:`~kdorch.builtin.files.preparing` is the arithmetic that travels inside the shipped model.
"""
