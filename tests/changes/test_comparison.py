"""Two folders of results compared: flips, moves, turns, comings and goings, and wrong folders."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

import acquire as aq
from acquire.changes import bridge, compare, comparison, read_published
from acquire.errors import InputError
from acquire.tables import bridge as table
from acquire.tables import what_changed
from acquire.tables.what_changed import MOST_TOLD
from tests.changes.folders import random_pair, recorded, results
from tests.files import HOSTILE, run
from tests.samples import GENERIC, STRATEGIC, firm, vendor

Row = dict[str, Any]


@pytest.fixture(scope="module")
def one() -> Row:
    """What is recorded of a strategic vendor."""
    return recorded(vendor(vendor_id="one", name="One"), firm())


def edited(result: Row, vendor_id: str = "one", **changes: Any) -> Row:
    """A result with other figures, named by their paths with __ between the names."""
    made = copy.deepcopy(result)
    for path, value in changes.items():
        *above, name = path.split("__")
        place = made
        for step in above:
            place = place[step]
        assert name in place
        place[name] = value
    made["vendor_id"] = made["given"]["vendor"]["vendor_id"] = vendor_id
    made["name"] = made["given"]["vendor"]["name"] = f"The {vendor_id}"
    return made


def test_added_gone_and_unchanged(tmp_path: Path, one: Row) -> None:
    """Vendors of just one folder are listed by it, those alike in both are counted."""
    ids = {"old": ("a", "b", "c"), "new": ("c", "d", "a")}
    folders = [results(tmp_path / n, *(edited(one, i) for i in of)) for n, of in ids.items()]
    found = aq.diff(*folders)
    assert found.vendors == []
    assert [v.vendor_id for v in found.added] == ["d"]
    assert [(v.vendor_id, v.name, v.verdict) for v in found.gone] == [("b", "The b", "acquire")]
    assert [v.vendor_id for v in found.unchanged] == ["c", "a"]
    assert list(found.counts.values()) == [0, 0, 1, 1, 2]
    expected = compare(*map(read_published, folders), expected=["a", "b", "c", "d"])
    assert expected.gone == []
    assert [v.vendor_id for v in expected.missing] == ["b"]
    assert "Without a result now: The b (b): Acquire" in what_changed(expected)
    assert "0 with another verdict, 0 changed otherwise, 1 added, 1 gone, 2 unchanged" in str(found)


def test_flips_come_first_and_then_the_largest_moves(tmp_path: Path, one: Row) -> None:
    """A flipped verdict precedes any move; moves are in the order of their size, down or up."""
    way = f"payoffs__{one['strategy']}__mean"
    payoff = one["payoffs"][one["strategy"]]["mean"]
    ids = ("still", "up", "down", "flipped")
    old = results(tmp_path / "old", *(edited(one, i) for i in ids))
    new = results(
        tmp_path / "new",
        edited(one, "still"),
        edited(one, "up", **{way: payoff + 5}),
        edited(one, "down", **{way: payoff - 50}),
        edited(one, "flipped", verdict="negotiate"),
    )
    found = aq.diff(old, new)
    assert [v.vendor_id for v in found.vendors] == ["flipped", "down", "up"]
    assert [v.vendor_id for v in found.flips] == ["flipped"]
    assert found.vendors[0].verdicts == ("acquire", "negotiate")
    assert [v.payoff for v in found.vendors] == pytest.approx([0, -50, 5])
    text = what_changed(found)
    places = [text.index(f"({i}): ") for i in ("flipped", "down", "up")]
    assert places == sorted(places)
    assert "The flipped (flipped): Acquire → Negotiate the price" in text


def test_every_figure_that_moves_is_told(tmp_path: Path, one: Row) -> None:
    """Value, walk-away price, probabilities, score and conditions are held against each other."""
    first = next(iter(one["conditions"]))
    new = edited(
        one,
        value=1.0,
        walk_away_price=None,
        price=2000.0,
        break_even_probability=0.9,
        success_probability=0.1,
        classification__score=99.0,
        classification__p_strategic=0.5,
        **{
            f"payoffs__{one['strategy']}__p_loss": 0.25,
            f"conditions__{first}__status": "needs_approval",
        },
    )
    old = edited(one)
    (found,) = aq.diff(results(tmp_path / "a", old), results(tmp_path / "b", new)).vendors
    moved = {move.figure: (move.old, move.new) for move in found.moves}
    assert moved == {
        "value": (old["value"], 1.0),
        "walk_away_price": (old["walk_away_price"], None),
        "price": (1000.0, 2000.0),
        "break_even_probability": (old["break_even_probability"], 0.9),
        "success_probability": (0.4, 0.1),
        "score": (old["classification"]["score"], 99.0),
        "p_strategic": (old["classification"]["p_strategic"], 0.5),
        "p_loss": (old["payoffs"][old["strategy"]]["p_loss"], 0.25),
    }
    (turn,) = found.conditions
    assert (turn.condition, turn.old, turn.new) == (first, "met", "needs_approval")
    assert found.bridge is None  # the payoff itself is what it was
    assert "Internal clients come first and are satisfied: met → needs approval" in what_changed(
        aq.diff(tmp_path / "a", tmp_path / "b")
    )


def test_rounding_is_no_move(tmp_path: Path, one: Row) -> None:
    """Figures that differ by less than 1e-9 of themselves or of the price are the same."""
    way = f"payoffs__{one['strategy']}__mean"
    payoff = one["payoffs"][one["strategy"]]["mean"]
    new = edited(one, value=one["value"] * (1 + 1e-12), **{way: payoff + 1e-7})
    found = aq.diff(results(tmp_path / "a", edited(one)), results(tmp_path / "b", new))
    assert found.vendors == []
    nothing, next_to_it = edited(one, **{way: 0.0}), edited(one, **{way: 1e-7})
    found = aq.diff(results(tmp_path / "c", nothing), results(tmp_path / "d", next_to_it))
    assert found.vendors == []
    new = edited(one, **{way: payoff + 1e-5})
    assert aq.diff(tmp_path / "a", results(tmp_path / "b", new)).vendors != []


def test_another_strategy_is_told(tmp_path: Path) -> None:
    """The payoff is that of the strategy that the new verdict chooses, of both folders."""
    old = recorded(vendor(), firm())
    new = recorded(vendor(client_satisfaction=10.0), firm())
    (found,) = aq.diff(results(tmp_path / "a", old), results(tmp_path / "b", new)).vendors
    assert found.strategies == ("go_external", "internal_only")
    assert found.bridge is not None
    assert found.bridge.old == old["payoffs"]["internal_only"]["mean"]
    generic = recorded(vendor(GENERIC, client_satisfaction=10.0), firm())
    (found,) = aq.diff(
        tmp_path / "a",
        results(
            tmp_path / "c",
            generic
            | {
                "vendor_id": old["vendor_id"],
                "given": generic["given"]
                | {"vendor": generic["given"]["vendor"] | {"vendor_id": old["vendor_id"]}},
            },
        ),
    ).vendors
    assert found.way == "go_external"
    assert "best strategy: selling outside as well → none permitted" in what_changed(
        aq.diff(tmp_path / "a", tmp_path / "c")
    )


def test_settings_that_changed(tmp_path: Path) -> None:
    """Settings are told once, of weights and defaults the entries that differ."""
    new = firm(
        tax_rate=0.3, seed=4, weights={"scarcity": 0.5}, defaults={"exit_cost": 7}, horizon_years=12
    )
    folders = [
        results(tmp_path / name, *(recorded(vendor(vendor_id=i), assumed) for i in "ab"))
        for name, assumed in (("old", firm()), ("new", new))
    ]
    found = aq.diff(*folders)
    assert {c.name: (c.old, c.new) for c in found.settings} == {
        "horizon_years": (10, 12),
        "tax_rate": (0.25, 0.3),
        "seed": (1, 4),
        "weights": ({"scarcity": 0.2}, {"scarcity": 0.5}),
        "defaults": ({"exit_cost": None}, {"exit_cost": 7.0}),
    }
    lines = what_changed(found).split("\n")
    assert any(
        line.split() == ["tax", "rate", "25", "%", "30", "%", "share", "of", "profit"]
        for line in lines
    )


def test_unchanged_vendors_cost_nothing(
    tmp_path: Path, one: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a vendor's cells and figures are alike it is not evaluated, nor its cells read.

    The settings of the firm are read once from either folder.
    """
    folders = [results(tmp_path / n, *(edited(one, f"v{i}") for i in range(9))) for n in "ab"]
    read: list[str] = []
    original = comparison.Result.inputs

    def noted(result: comparison.Result, source: str) -> Any:
        read.append(source)
        return original(result, source)

    monkeypatch.setattr(comparison.Result, "inputs", noted)
    monkeypatch.setattr(bridge, "through_cases", None)
    assert len(aq.diff(*folders).unchanged) == 9
    assert read == ["a", "b"]


def test_json_is_complete(tmp_path: Path) -> None:
    """JSON holds every verdict, figure, condition, input and step, at full precision."""
    old = recorded(vendor(price=(800.0, 1000.0, 1300.0)), firm())
    new = recorded(vendor(price=1400.0, success_probability=0.3), firm(tax_rate=0.3))
    added = recorded(vendor(GENERIC), firm(tax_rate=0.3))
    a, b = results(tmp_path / "a", old), results(tmp_path / "b", new, added)
    ended = run("diff", a, b, "--json")
    assert (ended.code, ended.err) == (0, "")
    found = json.loads(ended.out)
    assert found == json.loads(json.dumps(aq.diff(a, b).to_dict()))
    assert set(found) == {
        *("old", "new", "currency", "settings", "vendors", "added", "gone", "unchanged"),
        *("missing", "problems"),
    }
    assert found["settings"] == [{"input": "tax_rate", "old": 0.25, "new": 0.3}]
    assert found["added"] == [
        {"vendor_id": "generic-one", "name": "Generic One", "verdict": added["verdict"]}
    ]
    (one,) = found["vendors"]
    assert one["verdict"] == {"old": old["verdict"], "new": new["verdict"]}
    assert one["flipped"] is (old["verdict"] != new["verdict"])
    assert one["inputs"] == [
        {"input": "price", "old": "800.0..1000.0..1300.0", "new": 1400.0},
        {"input": "success_probability", "old": 0.4, "new": 0.3},
    ]
    figures = {figure["figure"]: figure for figure in one["figures"]}
    assert figures["walk_away_price"]["new"] == new["walk_away_price"]
    made = one["bridge"]
    assert made["old"] == old["payoffs"][made["strategy"]]["mean"]
    assert [step["step"] for step in made["steps"]] == [
        "price",
        "success probability",
        "tax rate",
    ]
    moved = sum(step["amount"] for step in made["steps"])
    assert made["old"] + moved == pytest.approx(made["new"], abs=1e-6)


def test_the_file_of_results_will_do(tmp_path: Path, one: Row) -> None:
    """The results.json of a folder stands for the folder."""
    folder = results(tmp_path / "old", edited(one))
    other = results(tmp_path / "new", edited(one))
    assert aq.diff(folder / "results.json", other / "results.json").old == "old"


def test_the_text_is_short(tmp_path: Path, one: Row) -> None:
    """Only the largest moves are told in full, the next in a line, the rest as a number.

    A bridge shows its largest steps, the others as their sum; a flip is never among those.
    """
    way = f"payoffs__{one['strategy']}__mean"
    payoff = one["payoffs"][one["strategy"]]["mean"]
    ids = [f"v{i:02}" for i in range(30)]
    old = results(tmp_path / "old", *(edited(one, i) for i in ids))
    moved = [edited(one, i, **{way: payoff - 100 + n}) for n, i in enumerate(ids)]
    text = what_changed(aq.diff(old, results(tmp_path / "new", *moved)))
    assert text.count("From the payoff before") == MOST_TOLD
    less = text.split("Moved less:\n")[1].split("\n\n")[0].split("\n")
    assert [line.split("(")[1][:3] for line in less[:20]] == ids[5:25]
    assert less[0].endswith("most by calculation")
    assert less[20:] == ["  5 more that moved less; JSON and page have all"]


def test_a_long_bridge_is_summed_up(tmp_path: Path) -> None:
    """The table of the text adds up to the payoff now as the whole one does."""
    before, after = random_pair(3, uncertain=False)
    found = aq.diff(
        results(tmp_path / "a", recorded(*before)), results(tmp_path / "b", recorded(*after))
    )
    (change,) = found.vendors
    assert change.bridge is not None and len(change.bridge.steps) > 12
    tables = table(change, "USD", 8), table(change, "USD")
    assert len(tables[0].rows) == 2 + 8
    assert len(tables[1].rows) == 2 + len(change.bridge.steps)
    for one in tables:
        figures = [float(r[3].replace("−", "-").replace(",", "")) for r in one.rows]
        assert sum(figures[:-1]) == pytest.approx(figures[-1], abs=0.3)
        flips = [row[4] for row in one.rows if row[4]]
        assert len(flips) == sum(step.verdicts is not None for step in change.bridge.steps)


# what is wrong


def test_wrong_folders(tmp_path: Path) -> None:
    """No folder and no results are two problems with a message each, and exit code 2."""
    (tmp_path / "empty").mkdir()
    ended = run("diff", tmp_path / "none", tmp_path / "empty")
    assert (ended.code, ended.out) == (2, "")
    first, second, last = ended.err.strip().split("\n")
    assert first.endswith("none: there is no such folder; expected a folder of reports")
    assert second.endswith(
        "empty: holds no results.json (no such file or directory); "
        "expected a folder that `acquire render` wrote"
    )
    assert last == "2 problems; nothing was written"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[",
        "{}",
        "[1]",
        "[]",
        '[{"vendor_id": "one"}]',
        "ID",
        "NAN",
        "TEXT",
        "TWICE",
        "VERDICT",
        "[" * 100_000,
    ],
    ids=lambda text: text[:12],
)
def test_results_that_are_none(tmp_path: Path, one: Row, content: str) -> None:
    """Whatever else a results.json holds is one message, and no traceback."""
    made = {
        "ID": [edited(one, "../../x")],
        "NAN": [edited(one, value=float("nan"))],
        "TEXT": [edited(one, price="1000")],
        "TWICE": [edited(one), edited(one)],
        "VERDICT": [edited(one, verdict="buy")],
    }
    fine = results(tmp_path / "fine", edited(one))
    wrong = results(tmp_path / "wrong", *made.get(content, []))
    if content not in made:
        (wrong / "results.json").write_text(content)
    ended = run("diff", fine, wrong)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("wrong/results.json: ")
    assert ended.err.count("\n") == 2


def test_different_currencies_are_refused(tmp_path: Path, one: Row) -> None:
    """Money of two currencies is not compared."""
    other = results(tmp_path / "new", edited(one, currency="EUR"))
    ended = run("diff", results(tmp_path / "old", edited(one)), other)
    assert ended.code == 2
    assert ended.err.startswith(
        "currency: old is in USD, new in EUR; expected reports in one currency\n"
    )


def test_results_of_an_older_version(tmp_path: Path, one: Row) -> None:
    """Without inputs the figures are compared all the same; the message says what cannot be."""
    way = f"payoffs__{one['strategy']}__mean"
    old, new = edited(one, verdict="negotiate", **{way: -3.0}), edited(one)
    del old["given"]
    a, b = results(tmp_path / "a", old), results(tmp_path / "b", new)
    ended = run("diff", a, b)
    assert ended.code == 2
    assert "The one (one): Negotiate the price → Acquire" in ended.out
    assert "payoff of selling outside as well: USD −3 →" in ended.out
    assert ended.err == (
        "a: its results lack the inputs they are of, as an older version wrote them: verdicts, "
        "conditions and figures can be compared, but not which input moved them; "
        "expected a folder that is rendered again\n"
    )
    found = aq.diff(a, b)
    assert found.vendors[0].bridge is None
    assert json.loads(run("diff", a, b, "--json").out)["problems"] == [str(found.problems[0])]


def test_inputs_of_another_version(tmp_path: Path, one: Row) -> None:
    """Inputs that this version does not know keep from telling what moved a vendor, not more."""
    new = edited(one, verdict="negotiate")
    new["given"]["vendor"]["colour"] = "red"
    found = aq.diff(results(tmp_path / "a", edited(one)), results(tmp_path / "b", new))
    assert [v.flipped for v in found.vendors] == [True]
    assert found.vendors[0].bridge is None
    assert [str(p) for p in found.problems] == [
        "b, one, colour: expected a name this version knows"
    ]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_names_on_a_terminal(tmp_path: Path, text: str) -> None:
    """A name does nothing to a terminal and makes no line of its own."""
    old = recorded(vendor(name=text), firm())
    new = recorded(vendor(name=text, price=2000.0), firm())
    extra = [recorded(vendor(name=text, vendor_id="more"), firm())]
    ended = run("diff", results(tmp_path / "a", old), results(tmp_path / "b", new, *extra))
    assert ended.code == 0
    plain = run(
        "diff",
        results(tmp_path / "a", old | {"name": "plain"}),
        results(tmp_path / "b", new | {"name": "plain"}, *[e | {"name": "plain"} for e in extra]),
    )
    assert ended.out.count("\n") == plain.out.count("\n")
    assert all(c.isprintable() or c == "\n" for c in ended.out)


def test_a_strategic_sample_is_what_these_tests_take_it_for() -> None:
    """The vendor of these tests is acquired to sell outside, with every condition met."""
    made = aq.evaluate(vendor(STRATEGIC), firm()).decision
    assert (made.verdict, made.strategy) == ("acquire", "go_external")
    with pytest.raises(InputError):
        aq.diff("no-such-folder", "nor-this")
