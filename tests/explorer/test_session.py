"""A session of the explorer: history, pin, presets, log, scenarios."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import acquire as aq
from acquire.errors import InputError
from acquire.explorer import files
from acquire.explorer.case import Case
from acquire.explorer.session import PRESETS, Session
from acquire.ranges import Range
from acquire.vendor import Vendors
from tests.samples import GENERIC, STRATEGIC, UNCERTAIN, firm, vendor

FIRM = firm(trials=16)
VENDORS = Vendors([vendor(STRATEGIC | UNCERTAIN), vendor(GENERIC)])
ONE, OTHER = VENDORS


def session() -> Session:
    return Session(VENDORS, FIRM, ONE)


class History(RuleBasedStateMachine):
    """Undo and redo against a plain list of cases with a place in it."""

    def __init__(self) -> None:
        super().__init__()
        self.session = session()
        self.cases, self.place = [self.session.now.case], 0

    def changed(self) -> None:
        if self.session.now.case != self.cases[self.place]:
            self.cases[self.place + 1 :] = [self.session.now.case]
            self.place += 1

    @rule(price=st.integers(1, 5))
    def enter(self, price: int) -> None:
        self.session.enter("price", f"{price}00")
        self.changed()

    @rule(rate=st.sampled_from([0.05, 0.08, 0.09]))
    def move(self, rate: float) -> None:
        self.session.move("discount_rate", rate)
        self.changed()

    @rule(key=st.sampled_from(list(PRESETS)))
    def preset(self, key: str) -> None:
        self.session.preset(key)
        self.changed()

    @rule(key=st.sampled_from([ONE, OTHER]))
    def choose(self, key: str) -> None:
        if key != self.session.now.vendor_id:
            self.session.choose(key)
            self.changed()

    @rule()
    def refused(self) -> None:
        with pytest.raises(InputError):
            self.session.enter("price", "-1")

    @rule()
    def undo(self) -> None:
        self.session.undo()
        self.place = max(0, self.place - 1)

    @rule()
    def redo(self) -> None:
        self.session.redo()
        self.place = min(len(self.cases) - 1, self.place + 1)

    @precondition(lambda self: self.session.pinned is None)
    @rule()
    def pin(self) -> None:
        self.session.pin()

    @invariant()
    def as_the_list_has_it(self) -> None:
        seen = self.session.now
        assert seen.case == self.cases[self.place]
        assert seen.evaluation == aq.evaluate(seen.case.vendor, seen.case.firm)
        assert self.session.can_undo == (self.place > 0)
        assert self.session.can_redo == (self.place < len(self.cases) - 1)


History.TestCase.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
TestHistory = History.TestCase


def test_changes_of_one_gesture_are_undone_as_one() -> None:
    """A slider that is drawn along its way is one change, from where it was to where it ended."""
    s = session()
    for price in (900.0, 800.0, 700.0):
        s.move("price", price, "drag 1")
    s.move("price", 600.0, "drag 2")
    assert len(s.log) == 2
    s.undo()
    assert s.now.case.vendor.price.mid == 700.0  # type: ignore[union-attr]
    s.undo()
    assert s.now.case == s.given
    assert not s.can_undo


def test_a_range_ends_where_the_gesture_ends_whatever_its_way() -> None:
    """A range moved in many steps of one gesture is the one that is moved there at once."""
    many, once = session(), session()
    for price in range(1001, 1101):
        many.move("price", float(price), "drag")
    once.move("price", 1100.0)
    assert many.now.case == once.now.case


def test_the_log_says_what_changed_and_what_became_of_the_verdict() -> None:
    """A change is told with both values in words and both verdicts."""
    s = Session(Vendors([vendor(STRATEGIC, price=20e6, internal_spend=20e6)]), FIRM, ONE)
    before = s.now.evaluation.decision.title
    s.enter("price", "240000000")
    after = s.now.evaluation.decision.title
    assert before != after
    said = f"price USD 20.0 million → USD 240.0 million: verdict {before} → {after}"
    assert str(s.log[-1]) == said
    s.enter("price", "240000001")
    assert str(s.log[-1]) == f"price 240000000 → 240000001: still {after}"
    s.undo()
    assert str(s.log[-1]) == f"undone: price 240000001 → 240000000: still {after}"


def test_a_pinned_case_stays_whatever_happens() -> None:
    """What is pinned is the case as it was, until it is released."""
    s = session()
    s.enter("price", "700")
    s.pin()
    pinned = s.now
    s.preset("high")
    s.choose(OTHER)
    assert s.pinned is pinned
    s.unpin()
    assert s.pinned is None


def test_another_vendor_comes_as_given_under_the_firm_as_it_is_now() -> None:
    """Turning to another vendor keeps what was changed of the firm."""
    s = session()
    s.enter("discount_rate", "0.12")
    s.enter("price", "700")
    s.choose(OTHER)
    assert s.now.case == Case(VENDORS[OTHER], s.now.case.firm)
    assert s.now.case.firm.discount_rate == 0.12
    assert s.differences() == ["discount_rate"]


def test_uncertain_and_certain_again() -> None:
    """A number becomes a range around it, and a range its mid."""
    s = session()
    s.make_uncertain("fixed_cost")
    value = s.now.case.vendor.fixed_cost
    assert isinstance(value, Range)
    assert value.mid == STRATEGIC["fixed_cost"]
    s.make_uncertain("fixed_cost")
    assert s.now.case == s.given


def test_reset_of_one_input() -> None:
    """One input goes back to what was given, the others stay."""
    s = session()
    s.enter("price", "700")
    s.enter("exit_cost", "")
    s.enter("weights.scarcity", "0.9")
    for name in ("price", "weights.scarcity"):
        s.reset(name)
    assert s.differences() == ["exit_cost"]


def test_a_scenario_gives_the_same_case_again(tmp_path: Path) -> None:
    """What was saved and is loaded into a new session is the case, and so every figure of it."""
    s = session()
    s.move("price", 700.0)
    s.enter("success_probability", "0.3..0.4..0.55")
    s.enter("channel", "product_managers")
    s.enter("terminal_growth", "")
    s.enter("weights.scarcity", "0.123456789012345")
    said = files.save(s, tmp_path / "scenarios", "low-price")
    assert said == f"5 inputs saved to {(tmp_path / 'scenarios/low-price.yaml').as_posix()}"
    again = session()
    files.load(again, tmp_path / "scenarios", "low-price")
    assert again.now.case == s.now.case
    assert again.now.evaluation == s.now.evaluation
    assert str(again.log[-1]).startswith("scenario low-price loaded: ")
    assert files.names(tmp_path / "scenarios") == ["low-price"]


@pytest.mark.parametrize("name", ["", "../x", "Low price", "a/b", ".hidden"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    """A scenario's name is a plain one: nothing is written anywhere else."""
    with pytest.raises(InputError):
        files.save(session(), tmp_path / "scenarios", name)
    assert list(tmp_path.rglob("*")) == []


def test_a_scenario_that_is_wrong_changes_nothing(tmp_path: Path) -> None:
    """A scenario with a wrong value is refused with its place, and the session stays."""
    (tmp_path / "bad.yaml").write_text(
        f"schema: 1\nvendor: {ONE}\ninputs:\n  price: -3\n", encoding="utf-8"
    )
    s = session()
    with pytest.raises(InputError, match=r"bad\.yaml, line 4, price = -3: expected a number above"):
        files.load(s, tmp_path, "bad")
    assert s.now.case == s.given
    assert s.log == []
