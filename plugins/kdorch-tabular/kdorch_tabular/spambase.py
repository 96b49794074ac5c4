"""Spam or not, by how often words and signs occur."""

from __future__ import annotations

from typing import TYPE_CHECKING

import kdorch

if TYPE_CHECKING:
    from torch import Tensor, nn


class Spambase(
    kdorch.Fetched,
    kdorch.Dataset,
    name="spambase",
    tasks={"classification"},
    reference="Hopkins, Reeber, Forman and Suermondt, Hewlett-Packard Labs 1999; kernlab's spam",
):
    """4,601 e-mails as 57 numbers each, spam or not (Hewlett-Packard 1999, via R's kernlab).

    48 words and 6 signs, each as a percentage of all words or signs of the e-mail, and three lengths of runs
    of capitals: their mean, the longest, their sum. Rows that repeat the numbers of an earlier one are
    dropped, or the test would ask for what was learnt by heart.

    Not for judging spam filters: the words, among them ``george`` and ``hp``, are those of one mailbox.
    """

    source = kdorch.Debian(
        "r-cran-kernlab",
        root="usr/lib/R/site-library/kernlab/data",
        files={"spam.rda": "09281b38bc7b064f63616d9056091f924f59e38aa9fd07dd3bc1af0cba9613d3"},
        size=2_112_480,
    )

    def load(self) -> kdorch.Columns:
        """Return a table of shape (4207, 57), float64, and what was dropped."""
        import numpy as np
        from pyreadr import read_r

        table = read_r(self.fetched() / "spam.rda")["spam"]
        kinds = table.pop("type")
        again = table.duplicated().to_numpy()
        return kdorch.Columns(
            table.to_numpy(np.float64)[~again],
            kinds.cat.codes.to_numpy(np.int64)[~again],
            kdorch.Classification(labels=[str(kind) for kind in kinds.cat.categories]),
            rows=np.flatnonzero(~again),
            legend=[{"name": name, "type": "number"} for name in table.columns],
            notes=[f"{again.sum():,} rows that repeat the numbers of an earlier one are dropped"],
        )

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return the logarithm of each number and a tenth, standardised."""
        from kdorch_tabular.preparing import Logarithms

        return Logarithms(inputs)
