from __future__ import annotations

import pytest

from kdorch.errors import PromotionError
from kdorch.shipping.names import check_alias, check_model_name


@pytest.mark.parametrize("name", ["digits", "Digits student 2", "a", "_x.y-z", "v1"])
def test_a_usable_model_name_passes(name: str) -> None:
    check_model_name(name)


@pytest.mark.parametrize(
    "name", ["", " ", "a/b", "a:b", "a@b", "it's", "a.", " a", "a ", "..", "é", "a\nb", "x" * 251]
)
def test_an_unusable_model_name_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(PromotionError, match=r"letters, digits.*Choose another name"):
        check_model_name(name)


@pytest.mark.parametrize("alias", ["champion", "the-best_2", "version1", "1"])
def test_a_usable_alias_passes(alias: str) -> None:
    check_alias(alias)


@pytest.mark.parametrize("alias", ["latest", "Latest", "v1", "V23"])
def test_an_alias_that_mlflow_reserves_is_refused(alias: str) -> None:
    with pytest.raises(PromotionError, match="reserved"):
        check_alias(alias)


@pytest.mark.parametrize("alias", ["", "a b", "a.b", "a/b", "champion\n", "x" * 251])
def test_an_unusable_alias_is_refused(alias: str) -> None:
    with pytest.raises(PromotionError, match="letters, digits"):
        check_alias(alias)
