"""Every data set that there is, and where it is."""

from supervised.datasets import bank, boston, creditcard, houses, mnist
from supervised.datasets.finding import where
from supervised.datasets.source import Info

__all__ = ["ALL", "where"]

ALL: tuple[Info, ...] = (mnist.INFO, bank.INFO, boston.INFO, houses.INFO, creditcard.INFO)
