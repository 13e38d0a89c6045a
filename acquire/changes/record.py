"""The record of what changed: vendors, verdicts, conditions, figures, inputs and settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acquire.changes.bridge import Bridge, InputChange
from acquire.errors import Problem


@dataclass(frozen=True)
class Move:
    """A figure that moved.

    Args:
        figure: its name; "payoff" is the mean payoff, and "p_loss" the probability of a loss, of
            the strategy that the new verdict chooses.
        old, new: money, or a probability from 0 to 1, or a score; None where not defined.
    """

    figure: str
    old: float | None
    new: float | None

    @property
    def by(self) -> float | None:
        """By how much it moved, None where it was or is not defined."""
        return None if self.old is None or self.new is None else self.new - self.old


@dataclass(frozen=True)
class Turn:
    """A condition of selling outside that turned.

    Args:
        condition: its name.
        old, new: its status.
    """

    condition: str
    old: str
    new: str


@dataclass(frozen=True)
class Listed:
    """A vendor of which no more is said.

    Args:
        vendor_id, name: of the vendor.
        verdict: a key of `VERDICTS`.
    """

    vendor_id: str
    name: str
    verdict: str


@dataclass(frozen=True)
class VendorChange:
    """What changed of one vendor.

    Args:
        vendor_id, name: of the vendor, as it is now.
        verdicts: old and new.
        strategies: the best permitted strategy, old and new; None where none is permitted.
        way: the strategy that the figures are of: the new best one, else go_external.
        conditions: that turned.
        moves: figures that moved.
        inputs: columns of the vendor that changed, empty cells filled.
        bridge: from the old payoff to the new; None where neither payoff nor verdict moved, or
            where the inputs are not known.
    """

    vendor_id: str
    name: str
    verdicts: tuple[str, str]
    strategies: tuple[str | None, str | None]
    way: str
    conditions: Sequence[Turn]
    moves: Sequence[Move]
    inputs: Sequence[InputChange]
    bridge: Bridge | None

    @property
    def flipped(self) -> bool:
        """Whether the verdict is another."""
        return self.verdicts[0] != self.verdicts[1]

    @property
    def payoff(self) -> float:
        """By how much the payoff moved, in money."""
        return next((move.by or 0.0 for move in self.moves if move.figure == "payoff"), 0.0)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values, at full precision."""
        return {
            "vendor_id": self.vendor_id,
            "name": self.name,
            "verdict": _pair(self.verdicts),
            "flipped": self.flipped,
            "strategy": _pair(self.strategies),
            "conditions": [dataclasses.asdict(turn) for turn in self.conditions],
            "figures": [dataclasses.asdict(move) | {"by": move.by} for move in self.moves],
            "inputs": [change.to_dict() for change in self.inputs],
            "bridge": self.bridge and self.bridge.to_dict(),
        }


@dataclass(frozen=True)
class Changes:
    """What changed from one folder of reports to another.

    Args:
        old, new: what the folders are called.
        currency: of all money.
        vendors: that changed; flipped verdicts first, then the largest moves of the payoff.
        added, gone: vendors of just one of the folders.
        unchanged: vendors of both of which nothing changed.
        settings: of the firm that changed.
        missing: vendors of the old folder that the new one is to hold and has no result of, as
            their reports failed or are out of date.
        problems: what keeps some of it from being told, such as results without their inputs.
    """

    old: str
    new: str
    currency: str
    vendors: Sequence[VendorChange]
    added: Sequence[Listed]
    gone: Sequence[Listed]
    unchanged: Sequence[Listed]
    settings: Sequence[InputChange]
    missing: Sequence[Listed] = ()
    problems: Sequence[Problem] = ()

    @property
    def flips(self) -> list[VendorChange]:
        """The vendors whose verdict flipped."""
        return [vendor for vendor in self.vendors if vendor.flipped]

    @property
    def counts(self) -> dict[str, int]:
        """How many vendors are of which kind, in words."""
        flips = len(self.flips)
        counts = {
            "with another verdict": flips,
            "changed otherwise": len(self.vendors) - flips,
            "added": len(self.added),
            "gone": len(self.gone),
            "unchanged": len(self.unchanged),
        }
        return counts | ({"without a result": len(self.missing)} if self.missing else {})

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain JSON values, at full precision."""
        return {
            "old": self.old,
            "new": self.new,
            "currency": self.currency,
            "settings": [change.to_dict() for change in self.settings],
            "vendors": [vendor.to_dict() for vendor in self.vendors],
            "added": [dataclasses.asdict(vendor) for vendor in self.added],
            "gone": [dataclasses.asdict(vendor) for vendor in self.gone],
            "unchanged": [vendor.vendor_id for vendor in self.unchanged],
            "missing": [dataclasses.asdict(vendor) for vendor in self.missing],
            "problems": [str(problem) for problem in self.problems],
        }

    def __str__(self) -> str:
        counted = ", ".join(f"{number} {words}" for words, number in self.counts.items())
        return f"What changed from {self.old} to {self.new}: {counted}"

    __repr__ = __str__


def _pair(values: tuple[str | None, str | None]) -> Mapping[str, str | None]:
    return dict(zip(("old", "new"), values, strict=True))
