"""A card and an Asimov problem, made once."""

import pytest

from analysis.asimov import asimov_problem
from analysis.config import FitConfig
from analysis.problem import Problem
from sim.core.config import Card, card_from_values

PHASE2_D_100T = 920.85  # 1291.51 d x 71.3 t


@pytest.fixture(scope="session")
def card() -> Card:
    return card_from_values("test card", {"run": {"live_days": 1291.5}})


@pytest.fixture(scope="session")
def phase2(card: Card) -> Problem:
    return asimov_problem(card, FitConfig(), PHASE2_D_100T)
