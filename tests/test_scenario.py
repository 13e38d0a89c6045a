"""Scenarios: what differs, kept in a file, and applied to vendors and firm again."""

from __future__ import annotations

import os
import random
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acquire.assumptions import Assumptions
from acquire.columns import CellError
from acquire.errors import InputError
from acquire.inputs import read_vendors, write_vendors
from acquire.ranges import Range
from acquire.scenario import (
    Scenario,
    read_scenario,
    read_together,
    scenario_of,
    scenario_text,
    write_scenario,
)
from acquire.tables import changes, scenario_line
from acquire.tables import scenario as table_of
from acquire.vendor import COLUMNS, Vendor, Vendors, replaced
from tests.files import HOSTILE, messages, vendor_csv, written
from tests.samples import GENERIC, STRATEGIC, firm, random_firm, random_row, seeded, vendor

VENDORS = Vendors([vendor(), vendor(GENERIC)])
FIRM = firm(trials=64)


def wrong(folder: Path, text: str, name: str = "low.yaml") -> list[str]:
    """What reading a scenario file says is wrong, a message each."""
    with pytest.raises(InputError) as caught:
        read_scenario(written(folder / name, text))
    return [str(problem) for problem in caught.value.problems]


def misfits(scenario: Scenario, vendors: Vendors = VENDORS, firm: Assumptions = FIRM) -> list[str]:
    """What applying a scenario says is wrong, a message each."""
    with pytest.raises(InputError) as caught:
        scenario.apply(vendors, firm)
    return [str(problem) for problem in caught.value.problems]


# there and back


def some_firm(rng: random.Random, horizon: int) -> Assumptions:
    """A valid firm of any settings, those included that a scenario holds in part."""
    row = random_firm(rng, horizon_years=horizon)
    return Assumptions(
        **row,
        currency=rng.choice(["USD", "EUR", "$€"]),
        risk_tolerance=rng.choice([None, 1e6, 1 / 3]),
        correlations=rng.choice(
            [[], [("price", "internal_growth", 0.1 + 0.2)], [("price", "exit_cost", -0.5)]]
        ),
        defaults=rng.choice(
            [{}, {"exit_cost": 0.1, "channel": "product_managers"}, {"price": Range(1, 2, 3)}]
        ),
    )


def some_vendor(rng: random.Random, horizon: int, text: str) -> Vendor:
    """A valid vendor with this text in it where a text may stand."""
    row = random_row(rng, horizon, uncertain=True)
    row = {n: Range(*c) if isinstance(c, tuple) else c for n, c in row.items()}
    try:
        COLUMNS["offering"].parse(text)
    except CellError:
        text = "other"
    return Vendor(**row, offering=text)


@settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.integers(0, 10**9), st.text(max_size=30) | st.sampled_from(list(HOSTILE.values())))
def test_there_and_back(tmp_path: Path, seed: int, text: str) -> None:
    """A scenario written, read and applied gives the changed vendor and firm, to the last digit."""
    rng = seeded(seed)
    horizon = rng.choice([4, 7, 30])
    before, other = (some_vendor(rng, horizon, t) for t in ("given", text))
    taken = {name for name in COLUMNS if name != "vendor_id" and rng.random() < 0.5}
    after = replaced(before, **{name: getattr(other, name) for name in taken})
    given_firm = some_firm(rng, horizon)
    firm = some_firm(rng, horizon) if rng.random() < 0.8 else given_firm
    vendors = Vendors([vendor(GENERIC), before], tmp_path / "data" / "vendors.csv")
    scenario = scenario_of("low", before, given_firm, after, firm, vendors.path)
    write_scenario(scenario, tmp_path / "scenarios" / "low.yaml")
    read = read_scenario(tmp_path / "scenarios" / "low.yaml")
    assert read == scenario
    assert set(read.inputs) == {n for n in COLUMNS if getattr(before, n) != getattr(after, n)}
    applied, applied_firm = read.apply(vendors, given_firm)
    assert applied["random"] == after
    assert [repr(getattr(applied["random"], n)) for n in COLUMNS] == [
        repr(getattr(after, n)) for n in COLUMNS
    ]
    assert applied_firm == firm
    assert applied["generic-one"] == vendors["generic-one"]
    assert (list(applied), applied.path) == (list(vendors), vendors.path)


def test_the_file(tmp_path: Path) -> None:
    """The file is as short as what differs: plain numbers, ranges, the vendor file from there."""
    after = replaced(vendor(), price=24e6, success_probability="0.4..0.5..0.6", exit_cost=None)
    changed = replace(FIRM, discount_rate=0.1, weights={"differentiation": 0.4})
    file = tmp_path / "data" / "vendors.csv"
    scenario = scenario_of("low-price", vendor(), FIRM, after, changed, file)
    path = tmp_path / "scenarios" / "low-price.yaml"
    write_scenario(scenario, path)
    assert path.read_text("utf-8") == (
        "# Edited by:\n"
        "schema: 1\n"
        "vendor: strategic-one\n"
        "vendors: ../data/vendors.csv\n"
        "inputs:\n"
        "  price: 24000000\n"
        "  success_probability: 0.4..0.5..0.6\n"
        "  exit_cost: null\n"
        "assumptions:\n"
        "  discount_rate: 0.1\n"
        "  weights:\n"
        "    differentiation: 0.4\n"
    )
    assert scenario_text(scenario, path.parent) == path.read_text("utf-8")
    assert f"vendors: {file.as_posix()}\n" in scenario_text(scenario)


@pytest.mark.parametrize("value", [-0.0, 1e-17, 0.1 + 0.2, 2 / 3, 5e-324])
def test_every_digit_is_kept(tmp_path: Path, value: float) -> None:
    """A number is read back as the very same, the sign of a zero included."""
    write_scenario(Scenario("x", "a", {"internal_growth": value}), tmp_path / "x.yaml")
    assert repr(read_scenario(tmp_path / "x.yaml").inputs["internal_growth"]) == repr(value)


def test_nothing_differs(tmp_path: Path) -> None:
    """A scenario without a change is one, and applying it changes nothing."""
    scenario = scenario_of("same", vendor(), FIRM, vendor(), FIRM)
    write_scenario(scenario, tmp_path / "same.yaml")
    assert (tmp_path / "same.yaml").read_text() == (
        "# Edited by:\nschema: 1\nvendor: strategic-one\n"
    )
    assert read_scenario(tmp_path / "same.yaml").apply(VENDORS, FIRM) == (VENDORS, FIRM)
    assert scenario_line(scenario, vendor(), FIRM) == "nothing differs"


def test_settings_held_in_part() -> None:
    """Of weights and defaults what is not named stays the firm's; null takes a default away."""
    before = replace(FIRM, weights={"scarcity": 2}, defaults={"exit_cost": 5, "hiring_cost": 6})
    wanted = {"weights": {"knowledge": 3}, "defaults": {"exit_cost": None, "build_years": 3}}
    _, after = Scenario("x", "strategic-one", {}, wanted).apply(VENDORS, before)
    assert after.weights == before.weights | {"knowledge": 3.0}
    assert after.defaults == {"hiring_cost": 6.0, "build_years": 3}
    assert scenario_of("x", vendor(), before, vendor(), after).assumptions == {
        "weights": {"knowledge": 3.0},
        "defaults": {"exit_cost": None, "build_years": 3},
    }


def test_what_a_command_replaces() -> None:
    """Trials and seed given elsewhere win over the scenario's, everything else stays."""
    scenario = Scenario("x", "strategic-one", {}, {"trials": 8, "seed": 0, "tax_rate": 0.1})
    assert scenario.without("trials", "seed").assumptions == {"tax_rate": 0.1}
    assert scenario.apply(VENDORS, FIRM)[1].trials == 8


def test_vendors_know_their_file(tmp_path: Path) -> None:
    """Vendors name the file they were read from, some of them too, and are equal without it."""
    path = vendor_csv(tmp_path, {}, {"vendor_id": "b"})
    vendors = read_vendors(path)
    assert (vendors.path, vendors.only(["b"]).path) == (path, path)
    assert Vendors(list(vendors.values())) == vendors
    assert Vendors([]).path is None


def test_two_different_vendors() -> None:
    """A scenario is of one vendor: another one in its place is refused."""
    with pytest.raises(InputError) as caught:
        scenario_of("x", vendor(), FIRM, vendor(GENERIC), FIRM)
    assert str(caught.value) == (
        "scenario x, vendor_id = generic-one: expected strategic-one, the vendor as given"
    )


# what is wrong


def test_everything_wrong_at_once(tmp_path: Path) -> None:
    """Every problem of a file comes with line, name, value, what is allowed and the nearest."""
    text = """\
        schema: 1
        vendr: nimbus
        vendor: Nimbus
        vendors: [a]
        inputs:
          prise: 3
          price: 1..2
          price: 0
          channel: dirct
          vendor_id: x
          tax_rate: 0.1
          failure_year: 1..2..3
          exit_cost: *other
        assumptions:
          trial: 3
          trials: 1000
          competence: 3
          tax_rate: 20
          weights:
            differentation: 1
            scarcity: -1
            scarcity: -1
          defaults: 3
          correlations: [[price, prise, 0.2]]
    """
    slug = (
        "expected 1 to 64 characters a-z, 0-9 and '-', not starting with '-', such as "
        "nimbus-robotics"
    )
    assert wrong(tmp_path, "\n".join(line[8:] for line in text.splitlines())) == messages(
        f"""
        low.yaml, line 2, vendr: no such key; expected one of schema, vendor, vendors, inputs,
          assumptions; did you mean vendor?
        low.yaml, line 3, vendor = Nimbus: {slug}
        low.yaml, line 4, vendors = ['a']: expected the path of the vendor file
        low.yaml, line 6, prise: no such column; expected a column of data/README.md; did you mean
          price?
        low.yaml, line 7, price = 1..2: has 2 parts; expected a range as low..mid..high, three
          numbers with two points between them
        low.yaml, line 8, price: stands twice; expected every key once, as plain text
        low.yaml, line 9, channel = dirct: expected direct or product_managers; did you mean direct?
        low.yaml, line 10, vendor_id = x: expected another column; the vendor that it changes
          stands under vendor
        low.yaml, line 11, tax_rate: is a setting of the firm; expected it under assumptions
        low.yaml, line 12, failure_year = 1..2..3: is a range, which this column does not allow;
          expected a whole number from 1 to the horizon's years less 1 (years)
        low.yaml, line 13, exit_cost = *other: is an alias; expected the value itself
        low.yaml, line 15, trial: no such setting; expected a setting of data/README.md; did you
          mean trials?
        low.yaml, line 16, trials = 1000: expected a power of two, such as 1024
        low.yaml, line 17, competence: is a column of the vendor; expected it under inputs
        low.yaml, line 18, tax_rate = 20: is it per cent? write 0.2; expected a number from 0 to
          below 1 (share of profit)
        low.yaml, line 20, weights = differentation: no such name; expected one of differentiation,
          client_impact, scarcity, specificity, knowledge; did you mean differentiation?
        low.yaml, line 21, weights.scarcity = -1: expected a number of at least 0
        low.yaml, line 22, scarcity: stands twice; expected every key once, as plain text
        low.yaml, line 23, defaults = 3: expected a mapping column: value
        low.yaml, line 24, correlations = prise: no such name; expected a column of data/README.md;
          did you mean price?
        """
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "schema: 2\nvendor: a\nnews: 1\n",
            ["low.yaml, line 1, schema = 2: expected 1; this file was written by a newer acquire"],
        ),
        ("schema: x\nvendor: a", ["low.yaml, line 1, schema = x: expected 1"]),
        ("schema: 0\nvendor: a", ["low.yaml, line 1, schema = 0: expected 1"]),
        ("schema:\nvendor: a", ["low.yaml, line 1, schema: is missing; expected 1"]),
        (
            f"schema: {'9' * 5000}\nvendor: a",
            [f"low.yaml, line 1, schema = {'9' * 59}…: expected 1"],
        ),
        ("vendor: a", ["low.yaml, schema: is missing; expected 1"]),
        (
            "schema: 1\nvendor:",
            [
                (
                    "low.yaml, line 2, vendor: is missing; expected the vendor_id of the vendor it "
                    "changes"
                )
            ],
        ),
        (
            "",
            [
                "low.yaml, schema: is missing; expected 1",
                "low.yaml, vendor: is missing; expected the vendor_id of the vendor it changes",
            ],
        ),
        (
            "- schema: 1",
            ["low.yaml: holds none; expected settings, one a line, as name: value"],
        ),
        (
            "schema: 1\nvendor: a\ninputs: [1]\nassumptions: text",
            [
                "low.yaml, line 3, inputs = ['1']: expected a mapping column: value",
                "low.yaml, line 4, assumptions = text: expected a mapping setting: value",
            ],
        ),
        (
            "schema: 1\nvendor: a\ninputs: &a {price: 1}\nassumptions: *a",
            ["low.yaml, line 4, assumptions = *a: expected a mapping setting: value"],
        ),
    ],
    ids=[
        *("newer", "no number", "zero", "empty", "huge", "no schema", "no vendor", "nothing"),
        *("a list", "no mappings", "alias"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, said: list[str]) -> None:
    """What is missing or of the wrong kind is said by name; a newer schema is all that is said."""
    assert wrong(tmp_path, text) == said


def test_files_that_are_none(tmp_path: Path) -> None:
    """A file that is not there, no YAML, or of another ending or name, is refused as such."""
    with pytest.raises(InputError, match=r"none\.yaml: no such file in "):
        read_scenario(tmp_path / "none.yaml")
    fine = "schema: 1\nvendor: a\n"
    assert wrong(tmp_path, fine, "x.json") == ["x.json: expected a file ending in .yaml or .yml"]
    (said,) = wrong(tmp_path, fine, "Low price.yaml")
    assert said.startswith("Low price.yaml: expected a file name of 1 to 64 characters a-z")
    (said,) = wrong(tmp_path, "schema: [1\nvendor: a\n")
    assert said.startswith("low.yaml, line ")
    assert said.endswith("expected YAML")
    assert read_scenario(written(tmp_path / "x.yml", fine)) == Scenario("x", "a")


def test_files_that_grow_when_read(tmp_path: Path) -> None:
    """Aliases are not followed, so a file of a few lines does not become a billion values."""
    lines = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    said = wrong(tmp_path, "\n".join(["schema: 1", "vendor: x", "a0: &a0 [1]", *lines]))
    assert len(said) == 12
    assert all("no such key" in one for one in said)


def test_misfits_of_a_file(tmp_path: Path) -> None:
    """What does not fit the vendors and the firm is said on the line that makes it so."""
    text = (
        "schema: 1\nvendor: strategic-one\ninputs:\n  failure_year: 9\n  price: null\n"
        "assumptions:\n  discount_rate: 0.01\n  horizon_years: 4\n"
    )
    others = Vendors([vendor(ramp_years=4), vendor(GENERIC, ramp_years=5)])
    assert misfits(read_scenario(written(tmp_path / "low.yaml", text)), others) == messages(
        """
        low.yaml, line 7, terminal_growth = 0.02: expected less than discount_rate (0.01), or null
          for no terminal value
        low.yaml, line 5, price: is required and empty; expected a number above 0 (money), or a
          range low..mid..high
        low.yaml, line 4, failure_year = 9: expected a whole number from 1 to 3 (the horizon is 4
          years)
        low.yaml, line 8, ramp_years of generic-one = 5: expected a whole number from 1 to 4 (the
          horizon is 4 years)
        """
    )
    other = read_scenario(written(tmp_path / "x.yaml", "schema: 1\nvendor: strategic-on\n"))
    assert misfits(other) == [
        (
            "x.yaml, line 2, vendor = strategic-on: no such vendor; expected one of strategic-one, "
            "generic-one; did you mean strategic-one?"
        )
    ]


def test_misfits_of_a_scenario_in_python() -> None:
    """Without a file the scenario itself is named."""
    scenario = Scenario("low", "strategic-one", {"ramp_years": 40}, {"terminal_growth": 0.5})
    assert misfits(scenario) == [
        (
            "scenario low, terminal_growth = 0.5: expected less than discount_rate (0.09), or "
            "null for no terminal value"
        ),
        (
            "scenario low, ramp_years = 40: expected a whole number from 1 to 10 (the horizon is "
            "10 years)"
        ),
    ]
    with pytest.raises(InputError, match=r"scenario low, price = 0: expected a number above 0"):
        Scenario("low", "a", {"price": 0})
    for name in ("", "A", "../x", "none", "a" * 65):
        with pytest.raises(InputError, match="expected a name of 1 to 64 characters"):
            Scenario(name, "a")


def test_settings_are_held_against_the_firm_and_not_the_defaults() -> None:
    """A discount rate below the default growth is fine where the firm has no terminal value."""
    scenario = Scenario("x", "strategic-one", {}, {"discount_rate": 0.01})
    without = replace(FIRM, terminal_growth=None)
    assert scenario.apply(VENDORS, without)[1].discount_rate == 0.01


def test_all_files_together(tmp_path: Path) -> None:
    """Problems of the scenario, the assumptions and the vendors are said together."""
    with pytest.raises(InputError) as caught:
        read_together(
            vendor_csv(tmp_path, {"price": "0"}),
            written(tmp_path / "firm.yaml", "sead: 1"),
            written(tmp_path / "low.yaml", "vendor: a"),
        )
    assert [p.file for p in caught.value.problems] == ["low.yaml", "firm.yaml", "vendors.csv"]


# writing


def test_comments_at_the_head_are_kept(tmp_path: Path) -> None:
    """The comment lines before the first key survive, those further down do not."""
    head = "# Edited by: A. Analyst\n#   for the board\n\n# second thoughts\n"
    path = written(tmp_path / "x.yaml", f"{head}\nschema: 1 # one\n# lost\nvendor: a\n")
    write_scenario(Scenario("x", "b"), path)
    assert path.read_text() == f"{head}schema: 1\nvendor: b\n"
    write_scenario(Scenario("x", "c"), written(path, "vendor: a"))
    assert path.read_text() == "# Edited by:\nschema: 1\nvendor: c\n"
    write_scenario(Scenario("x", "d"), written(path, b"# \xff\n"))
    assert path.read_text() == "# Edited by:\nschema: 1\nvendor: d\n"


def test_a_file_is_written_at_once_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full the former file stays whole, and nothing lies beside it."""
    path = tmp_path / "new folder" / "x.yaml"
    write_scenario(Scenario("x", "a"), path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_scenario(Scenario("x", "b"), path)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["x.yaml"]


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be replaced there")
def test_who_reads_while_it_is_written_has_all_of_one_file(tmp_path: Path) -> None:
    """A reader that has opened the former file reads that one to its end."""
    path = tmp_path / "x.yaml"
    write_scenario(Scenario("x", "a"), path)
    with path.open("rb", buffering=0) as reader:
        assert reader.read(5) == b"# Edi"
        write_scenario(Scenario("x", "b"), path)
        assert reader.read() == b"ted by:\nschema: 1\nvendor: a\n"


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes are others there")
def test_what_stands_there_stays_what_it_is(tmp_path: Path) -> None:
    """A file behind a link is replaced and not the link, and keeps its mode."""
    real = written(tmp_path / "kept.yaml", "# by me\n")
    real.chmod(0o640)
    link = tmp_path / "x.yaml"
    link.symlink_to(real)
    write_scenario(Scenario("x", "a"), link)
    assert link.is_symlink()
    assert real.read_text() == "# by me\nschema: 1\nvendor: a\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_file_is_named_as_its_scenario(tmp_path: Path) -> None:
    """A file of another name would be read as another scenario, and is not written."""
    for name in ("y.yaml", "x.json", "x"):
        with pytest.raises(InputError, match=rf"{name}: expected x\.yaml, the name of the scen"):
            write_scenario(Scenario("x", "a"), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_vendor_file_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The vendor file is found from the scenario's folder, wherever the program runs."""
    write_vendors(VENDORS, tmp_path / "vendors.yaml")
    monkeypatch.chdir(tmp_path)
    scenario = Scenario("x", "strategic-one", vendors_file=Path("vendors.yaml"))
    write_scenario(scenario, Path("deep/er/x.yaml"))
    assert "vendors: ../../vendors.yaml\n" in Path("deep/er/x.yaml").read_text()
    monkeypatch.chdir("/")
    assert read_scenario(tmp_path / "deep/er/x.yaml") == scenario
    assert read_scenario(tmp_path / "deep/er/x.yaml").vendors_file == tmp_path / "vendors.yaml"


# in words


def test_in_words() -> None:
    """Money, shares and ranges are as reports show them, an empty cell as what fills it."""
    given_vendor = vendor(
        STRATEGIC, price=119e6, success_probability=(0.35, 0.5, 0.65), exit_cost=3e6
    )
    inputs = {"price": 24e6, "success_probability": 0.5, "exit_cost": None, "channel": "direct"}
    wanted = {"terminal_growth": None, "weights": {"scarcity": 0.3}, "horizon_years": 8}
    scenario = Scenario("low-price", "strategic-one", inputs, wanted)
    assert scenario_line(scenario, given_vendor, FIRM) == (
        "price USD 119.0 million → USD 24.0 million, channel direct → direct, "
        "success probability 35..50..65 % → 50 %, exit cost USD 3.0 million → USD 0, "
        "horizon years 10 → 8, terminal growth 2 % → none, weight of scarcity 0.2 → 0.3"
    )
    table = table_of(scenario, given_vendor, FIRM)
    assert table.caption == "Scenario low-price: what differs from the vendor as given"
    assert list(table.headings) == ["input", "as given", "in this scenario", "unit"]
    assert list(table.rows[0]) == ["price", "USD 119.0 million", "USD 24.0 million", "USD"]


@pytest.mark.parametrize(
    ("assumed", "row"),
    [
        (
            {"correlations": [["price", "exit_cost", 0.5]]},
            ("correlations", "none", "price with exit_cost: 0.5", ""),
        ),
        ({"defaults": {"exit_cost": 5}}, ("default of exit cost", "none", "USD 5", "USD")),
        ({"currency": "EUR"}, ("currency", "USD", "EUR", "")),
        ({"risk_tolerance": 2e6}, ("risk tolerance", "none", "USD 2.0 million", "USD")),
    ],
    ids=["correlations", "defaults", "currency", "money"],
)
def test_settings_in_words(assumed: dict[str, Any], row: tuple[str, ...]) -> None:
    """Settings of every shape have a row that says both sides."""
    assert changes(Scenario("x", "strategic-one", {}, assumed), vendor(), FIRM) == [row]


def test_small_changes_can_be_told_apart() -> None:
    """Where rounding would show the same twice, all digits are shown."""
    ((_, before, after, _),) = changes(
        Scenario("x", "strategic-one", {"price": 119_030_000}), vendor(price=119e6), FIRM
    )
    assert (before, after) == ("119000000", "119030000")
