"""Tables of a sensitivity: what drives the decision, how safe it is, what to find out first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from acquire.assumptions import SETTINGS
from acquire.conditions import CONDITION_TITLES
from acquire.decision import STRATEGIES, VERDICTS
from acquire.display import (
    MoneyScale,
    Table,
    chance,
    money,
    number,
    percent,
    quantity,
    words,
)
from acquire.evaluation import CASE_TITLES, Evaluation
from acquire.sensitivity import AGAINST, ALTERNATIVES, BOTH, SUCCESS, Index, Outlook, Sensitivity
from acquire.sensitivity.sobol import Z_95
from acquire.vendor import COLUMNS

NO_RANGES = "no input of this vendor is a range, so nothing is known to be uncertain"
NOTHING_TO_LEARN = "whatever could be found out, the choice would be the same: it is worth nothing"

SAID_WITH_THE_FIGURE = re.compile(r"^(money|fraction|share|probability) ?")
"""What a unit begins with and the figure says itself, by its currency or by its %."""

NOTHING = 0.001
"""Share of the value of perfect information below which knowing an input is worth nothing."""


def drivers(sensitivity: Sensitivity) -> Table:
    """What moves the payoff: each input's tornado bar and its Sobol indices, widest bar first."""
    one_way = sensitivity.one_way
    if not one_way.bars:
        return _notice("What drives the payoff", NO_RANGES)
    ends = [abs(v) for bar in one_way.bars for v in (bar.low, bar.high)]
    scale = MoneyScale.of(max(ends, default=1.0), sensitivity.currency)
    joint = {bar.input: bar for bar in sensitivity.joint.bars}
    indices = {index.input: index for index in sensitivity.sobol}
    rows = [
        (
            words(bar.input),
            scale.show(bar.low),
            scale.show(bar.high),
            scale.show(bar.swing),
            scale.show(joint[bar.input].swing),
            _changed(bar.low_verdict, bar.high_verdict, one_way.verdict),
            _index(indices.get(bar.input), total=False),
            _index(indices.get(bar.input), total=True),
        )
        for bar in one_way.bars
    ]
    without = "; correlations are switched off for the shares" * sensitivity.correlated
    return Table(
        (
            "input",
            "at its P10",
            "at its P90",
            "swing",
            "swing, others drawn",
            "verdict changes",
            "share of variance",
            "with interactions",
        ),
        rows,
        f"What drives {STRATEGIES[sensitivity.strategy]}: net present value, {scale.unit}, with "
        f"one input moved and the others at mid ({scale.show(one_way.base)}); shares of variance "
        f"with their 95 % interval{without}",
        text_columns=frozenset({5}),
    )


def _changed(low: str, high: str, standing: str) -> str:
    changes = [
        f"{end}: {VERDICTS[verdict].lower()}"
        for end, verdict in (("P10", low), ("P90", high))
        if verdict != standing
    ]
    return "; ".join(changes) or "–"


def _index(index: Index | None, *, total: bool) -> str:
    if index is None:
        return "–"
    share, error = (index.total, index.total_error) if total else (index.first, index.first_error)
    return f"{percent(share)} ± {number(100.0 * Z_95 * error)}"


def _notice(caption: str, why: str) -> Table:
    return Table(("result", "why"), [("none", why)], caption, text_columns=frozenset({1}))


def swings(sensitivity: Sensitivity) -> Table:
    """What happens when all inputs of a kind come out badly, or well, together."""
    groups = sensitivity.one_way.groups
    if not groups:
        return _notice("Everything of a kind at once", "fewer than two inputs are ranges")
    ends = [abs(v) for bar in groups for v in (bar.low, bar.high)]
    scale = MoneyScale.of(max(ends, default=1.0), sensitivity.currency)
    return Table(
        ("together", "all at their worse end", "verdict there", "at their better end", "verdict"),
        [
            (
                words(bar.input),
                scale.show(bar.low),
                VERDICTS[bar.low_verdict],
                scale.show(bar.high),
                VERDICTS[bar.high_verdict],
            )
            for bar in groups
        ],
        f"Everything of a kind at once, each input at its P10 or P90: net present value, "
        f"{scale.unit}",
        text_columns=frozenset({2, 4}),
    )


def agenda(sensitivity: Sensitivity) -> Table:
    """The diligence agenda: what knowing each uncertain input is worth, at most."""
    s = sensitivity
    if not s.evpi > 0.0:
        return _notice("Diligence agenda", NOTHING_TO_LEARN)
    scale = MoneyScale.of(s.evpi, s.currency)
    worthwhile = [w for w in s.evppi if w.value > NOTHING * s.evpi]
    rows = [
        (
            f"knowing {words(w.input) if w.input != SUCCESS else 'whether external sales succeed'}",
            f"at most {scale.show(w.value, 2)}",
            scale.show(w.by_bins, 2),
            scale.show(w.error, 2),
        )
        for w in worthwhile
    ]
    rows += [
        (f"knowing {words(w.input)} together", f"at most {scale.show(w.value, 2)}", "–", error)
        for w in s.groups
        for error in [scale.show(w.error, 2)]
    ]
    idle = len(s.evppi) - len(worthwhile)
    if idle:
        rows.append((f"knowing any one of the other {idle}", "nothing", "–", "–"))
    rows.append(("knowing everything (EVPI)", f"at most {scale.show(s.evpi, 2)}", "–", "–"))
    return Table(
        ("before deciding", "is worth", "cross-check by bins", "error"),
        rows,
        f"Diligence agenda: what knowing it is worth, at most, {scale.unit}",
        emphasised=frozenset({len(rows) - 1}),
    )


def safety(sensitivity: Sensitivity) -> Table:
    """In which share of the draws each alternative is best."""
    safe = sensitivity.safety
    rows = [
        (
            ALTERNATIVES[name],
            chance(share),
            chance(safe.hindsight[name]),
            "chosen by the verdict" if name == safe.choice else "",
        )
        for name, share in safe.shares.items()
    ]
    return Table(
        ("alternative", "best in", "best in hindsight", "remark"),
        rows,
        f"How safe is the verdict? Share of the draws of the inputs in which each open alternative "
        f"is best, and with the outcome of external sales known as well. {best_two(sensitivity)}",
        emphasised=frozenset(i for i, name in enumerate(safe.shares) if name == safe.choice),
        text_columns=frozenset({3}),
    )


def best_two(sensitivity: Sensitivity) -> str:
    """How far the best two alternatives are apart, in a sentence."""
    safe, currency = sensitivity.safety, sensitivity.currency
    if safe.second is None or safe.difference is None or safe.error is None:
        return "Nothing but going on as today is open."
    pair = f"“{ALTERNATIVES[safe.best]}” and “{ALTERNATIVES[safe.second]}”"
    scale = MoneyScale.of(max(safe.difference, 2.0 * safe.error), currency)
    error = f" ± {scale.show(2.0 * safe.error)}" if safe.error else ""
    apart = f"{scale.show(safe.difference)}{error} {scale.unit}"
    if safe.undecided:
        return f"Undecided within error: {pair} differ by {apart} in expectation; take more trials."
    return f"In expectation the best two, {pair}, differ by {apart}."


def condition_shares(evaluation: Evaluation, sensitivity: Sensitivity) -> Table:
    """In how many draws each condition holds in every year, beside its status at mid values."""
    return Table(
        ("condition", "at mid values", "holds in"),
        [
            (CONDITION_TITLES[name], condition.status.words, chance(shares[name]))
            for shares in [sensitivity.safety.conditions]
            for name, condition in evaluation.conditions.items()
        ],
        "Share of the draws in which each condition of selling outside holds in every year; "
        "strategic or generic stays as at mid values",
        text_columns=frozenset({1}),
    )


def flips(sensitivity: Sensitivity) -> Table:
    """The smallest change of each input alone that would alter the verdict, nearest first."""
    rows = []
    for flip in sensitivity.flips:
        if flip.value is None or flip.verdict is None:
            continue
        spec = COLUMNS.get(flip.input) or SETTINGS[flip.input]
        rows.append(
            (
                words(flip.input),
                _amount(flip.today, spec.unit, sensitivity.currency),
                _amount(flip.value, spec.unit, sensitivity.currency),
                SAID_WITH_THE_FIGURE.sub("", spec.unit),
                VERDICTS[flip.verdict],
                "–" if flip.ranges is None else f"{number(flip.ranges, 2)} ranges",
                "–" if flip.change is None else _signed(flip.change),
            )
        )
    unmoved = len(sensitivity.flips) - len(rows)
    if unmoved:
        rows.append((f"any of the other {unmoved}", "–", "nowhere", "", "the same", "–", "–"))
    return Table(
        ("input", "today", "flips at", "unit", "verdict beyond", "distance", "change"),
        rows,
        f"What would change the verdict “{VERDICTS[sensitivity.verdict]}”: one input at a time, "
        f"all others as they are. A range is the width from P10 to P90.",
        text_columns=frozenset({3, 4}),
    )


def _amount(value: float, unit: str, currency: str) -> str:
    """An input with its unit; shares to the hundredth of a per cent, for flips may be near."""
    if unit.startswith(("share", "fraction", "probability")):
        return percent(value, 2)
    return quantity(value, unit, currency)


def _signed(change: float) -> str:
    """A change in per cent with its sign."""
    return "+" * (change > 0.0) + percent(change, 0)


def violation(sensitivity: Sensitivity) -> Table:
    """How much damage inside makes a compromised win worth less than not winning."""
    rows = []
    for harm in sensitivity.harm:
        damage = "either, the same share" if harm.damage == BOTH else words(harm.damage)
        if harm.value is None:
            limit, meaning = "none", "even losing all of it, the win is worth more"
        elif harm.value == 0.0:
            limit, meaning = "0 %", "not worth it even without any damage"
        elif harm.today is not None and harm.today >= harm.value:
            limit, meaning = percent(harm.value), "beyond it as estimated: not worth it"
        else:
            limit, meaning = percent(harm.value), "from there on the win is worth less"
        estimate = "–" if harm.today is None else percent(harm.today)
        rows.append((damage, AGAINST[harm.against], estimate, limit, meaning))
    return Table(
        ("damage inside", "against", "as estimated", "not worth it from", "meaning"),
        rows,
        "The price of a violation: from which damage on a win by breaking the conditions is worth "
        "less than not winning",
        text_columns=frozenset({1, 4}),
    )


def risk(evaluation: Evaluation) -> Table:
    """Means beside certainty equivalents, and the verdict on either."""
    attitude = evaluation.risk
    if attitude is None:
        setting = ("risk_tolerance", "none: risk neutral", "means decide")
        return Table(("setting", "value", "meaning"), [setting], "Risk attitude of the firm")
    scale, decision = evaluation.payoffs.scale, evaluation.decision
    rows = [
        (
            CASE_TITLES[name],
            scale.show(payoff.mean),
            scale.show(attitude.certainty_equivalents[name]),
        )
        for name, payoff in evaluation.payoffs.defined.items()
    ]
    rows += [
        (
            "walk-away price",
            scale.show(decision.walk_away_price),
            scale.show(attitude.walk_away_price),
        ),
        ("verdict", decision.title, VERDICTS[attitude.verdict]),
    ]
    return Table(
        ("figure", "risk neutral: mean", "with this tolerance: certainty equivalent"),
        rows,
        f"What the uncertain payoffs are worth for certain to a firm with a risk tolerance of "
        f"{money(attitude.tolerance, evaluation.firm.currency)}, {scale.unit}",
        emphasised=frozenset({len(rows) - 1}),
    )


def overview(evaluations: Sequence[Evaluation], outlooks: Sequence[Outlook]) -> Table:
    """How safe each vendor's verdict is, what would change it, and what to find out first."""
    scale = MoneyScale.of(max(s.evpi for s in outlooks) or 1.0, outlooks[0].currency)
    rows = []
    for e, s in zip(evaluations, outlooks, strict=True):
        safe = s.safety
        nearest = s.nearest
        first = s.evppi[0] if s.evppi and s.evppi[0].value > NOTHING * s.evpi else None
        rows.append(
            (
                e.inputs.name,
                VERDICTS[s.verdict],
                chance(safe.shares[safe.choice]) + " (undecided)" * safe.undecided,
                scale.show(s.evpi, 1),
                "–" if first is None else f"{words(first.input)}: {scale.show(first.value)}",
                "–"
                if nearest is None
                else f"{words(nearest.input)} at {nearest.shown(s.currency)}",
                "–" if nearest is None else VERDICTS[nearest.verdict or ""],
            )
        )
    return Table(
        (
            "vendor",
            "verdict",
            "best in",
            "knowing all",
            "most worth knowing",
            "nearest change",
            "to",
        ),
        rows,
        f"How safe each verdict is: share of the draws in which its choice is best, what knowing "
        f"more is worth at most ({scale.unit}), and the nearest value of one input that changes it",
        text_columns=frozenset({1, 4, 5, 6}),
    )
