from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from kdorch.errors import PromotionError
from kdorch.shipping.promotion import Shipment, promote
from tests.shipping.conftest import Store

Ship = Callable[..., Shipment]

ANSWER_ELSEWHERE = """
import sys
sys.modules["kdorch"] = None
import mlflow, numpy
model = mlflow.pyfunc.load_model(sys.argv[1])
numpy.save(sys.argv[3], model.predict(numpy.load(sys.argv[2])))
"""
