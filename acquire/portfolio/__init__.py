"""Which vendors to buy under a budget, and how sure that is."""

from acquire.portfolio.choice import FRONTIER_BUDGETS, ROBUSTNESS_DRAWS, select_portfolio
from acquire.portfolio.joint import JOINT_DRAWS
from acquire.portfolio.limits import Limits, read_limits
from acquire.portfolio.record import Deal, FrontierPoint, Membership, Portfolio
from acquire.portfolio.selection import best_selection, shadow_price

__all__ = [
    "FRONTIER_BUDGETS",
    "JOINT_DRAWS",
    "ROBUSTNESS_DRAWS",
    "Deal",
    "FrontierPoint",
    "Limits",
    "Membership",
    "Portfolio",
    "best_selection",
    "read_limits",
    "select_portfolio",
    "shadow_price",
]
