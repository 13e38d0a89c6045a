"""Vendor files and assumptions in: every problem at once, and nothing misread."""

from __future__ import annotations

import datetime
import json
import pickle
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acquire.assumptions import Assumptions
from acquire.errors import (
    SHOWN_CHARACTERS,
    InputError,
    Problem,
    UnknownNameError,
    nearest_name,
    printable,
)
from acquire.inputs import (
    fingerprint,
    locate,
    read_assumptions,
    read_inputs,
    read_vendors,
    write_assumptions,
    write_vendors,
)
from acquire.ranges import Range
from acquire.vendor import COLUMNS, RANGED, Vendors
from tests.files import (
    CELLS,
    HOSTILE,
    csv_text,
    messages,
    problems,
    rows,
    vendor_csv,
    vendor_workbook,
    workbook,
    written,
)
from tests.samples import around, firm, random_row, vendor

MONEY = "a number above 0 (money), or a range low..mid..high"


def vendor_yaml(folder: Path, *changes: dict[str, Any]) -> Path:
    return written(folder / "vendors.yaml", yaml.safe_dump([CELLS | change for change in changes]))


def assumptions(folder: Path, text: str) -> Path:
    return written(folder / "firm.yaml", text)


def wrong_assumptions(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_assumptions(assumptions(folder, text))
    return [str(problem) for problem in caught.value.problems]


# the three formats


def test_formats_agree(tmp_path: Path) -> None:
    """The same vendors come out of CSV, XLSX and YAML, in the file's order."""
    changes = ({}, {"vendor_id": "007", "name": "Ünïcode 🤖", "price": "1e3"}, {"vendor_id": "b"})
    semicolons = csv_text(
        *(
            row | {"internal_cost_ratio": "0,5", "external_cost_ratio": "0,45"}
            for row in rows(*changes)
        ),
        delimiter=";",
        end="\r\n",
    ).replace("0.4", "0,4")
    paths = [
        vendor_csv(tmp_path, *changes),
        vendor_yaml(tmp_path, *changes),
        vendor_workbook(tmp_path / "v.xlsx", *changes),
        vendor_workbook(
            tmp_path / "numbers.xlsx",
            *(row | {"price": 1000, "internal_cost_ratio": 0.5} for row in changes),
        ),
        written(tmp_path / "european.csv", "\ufeff" + semicolons),
        written(tmp_path / "declared.csv", "sep=;\r\n" + semicolons),
    ]
    read = [list(read_vendors(path).values()) for path in paths]
    assert [one.vendor_id for one in read[0]] == ["nimbus", "007", "b"]
    assert read[0][0].strategic_value == Range(10.0, 40.0, 90.0)
    assert all(vendors == read[0] for vendors in read[1:])


def test_where_a_vendor_was_read(tmp_path: Path) -> None:
    """A vendor knows its file and row, or the line of a YAML file."""
    assert read_vendors(vendor_csv(tmp_path))["nimbus"].source == "vendors.csv, row 2"
    assert read_vendors(vendor_yaml(tmp_path, {}))["nimbus"].source == "vendors.yaml, line 1"


def test_thousands_of_rows(tmp_path: Path) -> None:
    """Five thousand vendors are read, every one of them."""
    path = vendor_csv(tmp_path, *({"vendor_id": f"v{i}", "price": f"{i + 1}"} for i in range(5000)))
    vendors = read_vendors(path)
    assert len(vendors) == 5000
    assert [one.price for one in vendors.values()] == [float(i + 1) for i in range(5000)]


@pytest.mark.parametrize("word", ["", "NA", "n/a", "#N/A", "null", "~", " "])
def test_empty_optional_cells(tmp_path: Path, word: str) -> None:
    """An empty cell of an optional column is None, whatever word says so."""
    for path in (
        vendor_csv(tmp_path, {"exit_cost": word, "offering": word}),
        vendor_yaml(tmp_path, {"exit_cost": word, "offering": word}),
        vendor_workbook(tmp_path / "v.xlsx", {"exit_cost": word, "offering": word}),
    ):
        one = read_vendors(path)["nimbus"]
        assert (one.exit_cost, one.offering) == (None, None)


def test_words_that_yaml_would_convert(tmp_path: Path) -> None:
    """Words that YAML takes for values stay the text that stands there."""
    text = yaml.safe_dump([CELLS]).replace("vendor_id: nimbus", "vendor_id: 2024-01-02")
    text = text.replace("name: Nimbus Robotics", "name: no\n  offering: 012:30")
    one = read_vendors(written(tmp_path / "v.yaml", text))["2024-01-02"]
    assert (one.name, one.offering) == ("no", "012:30")


def test_cells_of_a_workbook_that_are_no_input(tmp_path: Path) -> None:
    """Every cell of another kind is named with its row, column and value."""
    change = {
        "vendor_id": 7,
        "name": datetime.date(2024, 1, 2),
        "offering": True,
        "price": datetime.timedelta(days=3),
        "fixed_cost": "=1+1",
        "integration_cost": "#DIV/0!",
        "internal_spend": True,
        "competence": "1,234",
        "external_revenue": "#N/A",
        "differentiation": 1e30,
    }
    assert problems(vendor_workbook(tmp_path / "v.xlsx", change)) == messages(
        """
        v.xlsx, row 2, vendor_id = 7: is the number 7, so what was typed may be lost (007 becomes
          7); expected text (in a spreadsheet, format the cell as text)
        v.xlsx, row 2, name = 2024-01-02 00:00:00: is a date or time (in a spreadsheet, format the
          cell as text or number), so what was typed may be lost (007 becomes 7); expected text (in
          a spreadsheet, format the cell as text)
        v.xlsx, row 2, offering = True: is true or false, so what was typed may be lost (007
          becomes 7); expected text (in a spreadsheet, format the cell as text)
        v.xlsx, row 2, differentiation = 1e+30: is beyond 1e+18; expected a number from 0 to 10
          (score), or a range low..mid..high
        v.xlsx, row 2, price = 3 days, 0:00:00: is a date or time (in a spreadsheet, format the
          cell as text or number); expected a number above 0 (money), or a range low..mid..high
        v.xlsx, row 2, integration_cost = #DIV/0!: is an error of the spreadsheet; expected a value
        v.xlsx, row 2, internal_spend = True: is true or false; expected a number above 0 (money
          per year), or a range low..mid..high
        v.xlsx, row 2, fixed_cost = =1+1: is a formula that was never calculated, or gives an
          empty text; expected a value (open the file in the spreadsheet, let it calculate, save)
        v.xlsx, row 2, external_revenue: is required and empty; expected a number of at least 0
          (money per year), or a range low..mid..high
        v.xlsx, row 2, competence = 1,234: may be thousands or a decimal fraction; expected 1234,
          or 1,2340
        """
    )


def test_merged_cells_of_vendors(tmp_path: Path) -> None:
    """A cell merged over two vendors is refused for the second, which would have none."""
    path = vendor_workbook(tmp_path / "v.xlsx", {}, {"vendor_id": "b"})

    def merge(sheet: Any) -> None:
        for row in [list(CELLS), *(list(r.values()) for r in rows({}, {"vendor_id": "b"}))]:
            sheet.append(row)
        sheet.merge_cells("H2:H3")

    assert list(CELLS)[7] == "price"
    assert problems(workbook(path, merge)) == messages(
        """
        v.xlsx, row 3, price = (empty): belongs to the merged cells H2:H3; expected a value of
          its own
        """
    )


@pytest.mark.parametrize("cell", ["1.234", "1,234"])
def test_thousand_or_fraction(tmp_path: Path, cell: str) -> None:
    """In a file without commas between cells, 1.234 may be a thousand and is refused."""
    whole = {name: "1" for name in CELLS if "." in CELLS[name]}
    text = csv_text(whole | {"price": cell}, delimiter=";")
    expected = (
        f"v.csv, row 2, price = {cell}: may be thousands or a decimal fraction; expected 1234, or "
        f"{cell}0"
    )
    assert problems(written(tmp_path / "v.csv", text)) == [expected]
    assert problems(written(tmp_path / "v.csv", text.replace(";", "\t"))) == [expected]
    settled = csv_text(whole | {"price": "1,234", "internal_cost_ratio": "0,5"}, delimiter=";")
    assert read_vendors(written(tmp_path / "v.csv", settled))["nimbus"].price == 1.234


def test_points_among_decimal_commas(tmp_path: Path) -> None:
    """Where the file writes decimal commas, a point is refused, not taken for a decimal one."""
    whole = {name: "1" for name in CELLS if "." in CELLS[name]}
    text = csv_text(
        whole | {"price": "1.234,5", "competence": "2,5", "scarcity": "3.5"}, delimiter=";"
    )
    assert problems(written(tmp_path / "v.csv", text)) == messages(
        """
        v.csv, row 2, scarcity = 3.5: has a point while other cells of the file have decimal commas;
          expected decimal commas throughout and no thousands separator, such as 1234,5
        v.csv, row 2, price = 1.234,5: expected a number above 0 (money), or a range
          low..mid..high: without thousands separator and with a decimal comma, such as 1234,5
        """
    )


# every problem at once


def test_everything_wrong_at_once(tmp_path: Path) -> None:
    """All problems of both files and of both options come together, each with its place."""
    vendors = vendor_csv(
        tmp_path,
        {"price": "-5", "chanel": "direct", "channel": "drect"},
        {"vendor_id": "b", "internal_cost_ratio": "35", "failure_year": "9"},
        {"vendor_id": "b", "name": ""},
    )
    written(vendors, vendors.read_text() + "ragged,row\n")
    firm_file = assumptions(
        tmp_path,
        "taxrate: 0.2\nhorizon_years: 8\nweights:\n  knowlege: 1\n  scarcity: -1\n"
        "terminal_growth: 0.5\ndefaults: {failure_year: 8}\n",
    )
    assert problems(vendors, firm_file, trials="1000", seed="x") == messages(
        """
        firm.yaml, line 1, taxrate: no such setting; expected a setting of data/README.md;
          did you mean tax_rate?
        firm.yaml, line 4, weights = knowlege: no such name; expected one of differentiation,
          client_impact, scarcity, specificity, knowledge; did you mean knowledge?
        firm.yaml, line 5, weights.scarcity = -1: expected a number of at least 0
        firm.yaml, line 6, terminal_growth = 0.5: expected less than discount_rate (0.09), or null
          for no terminal value
        firm.yaml, line 7, defaults.failure_year = 8: expected a whole number from 1 to 7 (the
          horizon is 8 years)
        trials = 1000: expected a power of two, such as 1024
        seed = x: is not a number; expected a whole number from 0 to 9007199254740992
        vendors.csv, row 1, chanel: no such column; expected a column of data/README.md; did you
          mean channel?
        vendors.csv, row 2, price = -5: expected a number above 0 (money), or a range low..mid..high
        vendors.csv, row 2, channel = drect: expected direct or product_managers; did you mean
          direct?
        vendors.csv, row 3, internal_cost_ratio = 35: is it per cent? write 0.35; expected a number
          from 0 to 1 (share of internal spend), or a range low..mid..high
        vendors.csv, row 3, failure_year = 9: expected a whole number from 1 to 7 (the horizon is 8
          years)
        vendors.csv, row 4, name: is required and empty; expected text of at most 200 characters
        vendors.csv, row 4, vendor_id = b: stands in row 3 already; expected every vendor_id once
        vendors.csv, row 5: has 2 cells for 21 headings; expected a cell per heading, empty ones
          included
        """
    )


def test_two_files_that_cannot_be_read(tmp_path: Path) -> None:
    """When neither file can be read, both are said, and the options' problems too."""
    assert [
        message.partition(":")[0]
        for message in problems(tmp_path / "v.csv", tmp_path / "f.yaml", seed=-1)
    ] == ["f.yaml", "seed = -1", "v.csv"]


def test_every_row_of_yaml_is_checked(tmp_path: Path) -> None:
    """In a YAML file too every wrong thing is said, with its line."""
    given = "".join(f"  {name}: {cell}\n" for name, cell in CELLS.items() if name != "price")
    text = f"- &a\n{given}  prise: 5\n  price: *a\n-\n{given}  price: 5\n  name: Again\n- word\n"
    second, last = len(CELLS) + 4, 2 * len(CELLS) + 5
    assert problems(written(tmp_path / "v.yaml", text)) == messages(
        f"""
        v.yaml, line 1, prise: no such column; expected a column of data/README.md; did you mean
          price?
        v.yaml, line 1, price = *a: is an alias; expected the value itself
        v.yaml, line {second}, vendor_id = nimbus: stands in line 1 already; expected every
          vendor_id once
        v.yaml, line {last - 1}, name: stands twice; expected every key once, as plain text
        v.yaml, line {last}, word: expected a vendor as column: value
        """
    )


def test_missing_columns(tmp_path: Path) -> None:
    """A required column that is not there is said once, not for every row; a default is enough."""
    cells = [{n: c for n, c in row.items() if n != "price"} for row in rows({}, {"vendor_id": "b"})]
    lines = [",".join(cells[0]), *(",".join(row.values()) for row in cells)]
    path = written(tmp_path / "v.csv", "\n".join(lines))
    expected = (
        f"v.csv, row 1, price: the column is required and not there; expected {MONEY} in every row"
    )
    assert problems(path) == [expected]
    assert len(read_inputs(path, assumptions(tmp_path, "defaults: {price: 5}"))[0]) == 2


def test_required_cells(tmp_path: Path) -> None:
    """An empty required cell is an error unless the firm has a default for it."""
    path = vendor_csv(tmp_path, {"price": ""}, {"vendor_id": "b", "price": "NA"})
    required = f"is required and empty; expected {MONEY}"
    assert problems(path) == [
        f"vendors.csv, row 2, price: {required}",
        f"vendors.csv, row 3, price = NA: {required}",
    ]
    filled = read_inputs(path, assumptions(tmp_path, "defaults: {price: 5}"))[0]
    assert filled["nimbus"].price is None


def test_defaults_of_wrong_assumptions_still_count(tmp_path: Path) -> None:
    """A cell that the firm fills is not called missing because another setting is wrong."""
    path = vendor_csv(tmp_path, {"price": "", "fixed_cost": ""})
    firm_file = assumptions(tmp_path, "trials: 5\ndefaults: {price: 5, competence: 11}\n")
    assert [message.partition(":")[0] for message in problems(path, firm_file)] == [
        "firm.yaml, line 1, trials = 5",
        "firm.yaml, line 2, defaults.competence = 11",
        "vendors.csv, row 2, fixed_cost",
    ]


@pytest.mark.parametrize(
    ("horizon", "said"),
    [("6", 1), ("20", 0), ("1o", 0), ("", 0)],
    ids=["6", "20", "wrong", "empty"],
)
def test_horizon_of_wrong_assumptions(tmp_path: Path, horizon: str, said: int) -> None:
    """Years are held against the horizon that is given, and against none that is not known."""
    path = vendor_csv(tmp_path, {"failure_year": "9"})
    text = f"tax_rate: x\nhorizon_years: {horizon}\n"
    found = problems(path, assumptions(tmp_path, text))
    assert sum("failure_year" in message for message in found) == said


def test_no_horizon_without_assumptions(tmp_path: Path) -> None:
    """Vendors that are read without the firm may have any years."""
    path = vendor_csv(tmp_path, {"failure_year": "40"})
    assert read_vendors(path)["nimbus"].failure_year == 40
    with pytest.raises(InputError):
        read_vendors(path, firm())
    assert read_vendors(path, firm(horizon_years=50))["nimbus"].failure_year == 40


@pytest.mark.parametrize("text", ["vendor_id,name\n", "vendor_id,name\n,\n\n"], ids=repr)
def test_a_heading_and_no_vendor(tmp_path: Path, text: str) -> None:
    """A file with no vendor is refused."""
    names = ",".join(CELLS)
    path = written(tmp_path / "v.csv", text.replace("vendor_id,name", names))
    assert problems(path) == ["v.csv: holds none; expected at least one vendor"]
    assert problems(written(tmp_path / "v.yaml", "[]")) == [
        "v.yaml: holds none; expected at least one vendor"
    ]


@pytest.mark.parametrize("vendor_id", ["Nimbus", "a b", "../x", "a_b", "-a", "x" * 65, "ä", "a/b"])
def test_vendor_ids_are_names_of_files(tmp_path: Path, vendor_id: str) -> None:
    """An id that could not be part of an address is refused."""
    (message,) = problems(vendor_csv(tmp_path, {"vendor_id": vendor_id}))
    assert "expected 1 to 64 characters a-z, 0-9 and '-', not starting with '-'" in message


# assumptions


def test_assumptions_in_full(tmp_path: Path) -> None:
    """Every setting is read, nested ones too."""
    read = read_assumptions(
        assumptions(
            tmp_path,
            "currency: EUR\nhorizon_years: 12\nterminal_growth: null\nweights: {knowledge: 0.5}\n"
            "correlations:\n- [price, fixed_cost, 0.5]\n"
            "defaults: {price: 1..2..3, channel: direct}\n",
        )
    )
    assert (read.currency, read.horizon_years, read.terminal_growth) == ("EUR", 12, None)
    assert read.weights["knowledge"] == 0.5
    assert read.correlations == (("price", "fixed_cost", 0.5),)
    assert read.defaults == {"price": Range(1.0, 2.0, 3.0), "channel": "direct"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "weights:\ndefaults:\n", "seed: ~\n"])
def test_empty_assumptions(tmp_path: Path, text: str) -> None:
    """Assumptions that are left out or empty are the defaults."""
    assert read_assumptions(assumptions(tmp_path, text)) == Assumptions()


def test_assumptions_beside_the_vendors(tmp_path: Path) -> None:
    """Without a file named, assumptions.yaml beside the vendors counts, else the defaults."""
    path = vendor_csv(tmp_path)
    assert read_inputs(path)[1] == Assumptions()
    written(tmp_path / "assumptions.yaml", "seed: 7\n")
    assert read_inputs(path)[1].seed == 7
    assert read_inputs(path, assumptions(tmp_path, "trials: 64\n"))[1] == firm(trials=64)


def test_assumptions_that_lead_nowhere(tmp_path: Path) -> None:
    """A link to no file, or a folder, in the place of the assumptions is not passed over."""
    path = vendor_csv(tmp_path)
    beside = tmp_path / "assumptions.yaml"
    beside.symlink_to(tmp_path / "gone")
    assert problems(path)[0].startswith("assumptions.yaml: no such file in ")
    beside.unlink()
    beside.mkdir()
    assert problems(path) == ["assumptions.yaml: is a directory; expected a file that can be read"]


def test_assumptions_of_another_format(tmp_path: Path) -> None:
    """Assumptions are YAML and a mapping."""
    path = vendor_csv(tmp_path)
    assert problems(path, path) == ["vendors.csv: expected a file ending in .yaml or .yml"]
    for text in ("- seed: 1\n", "seed\n"):
        assert wrong_assumptions(tmp_path, text) == [
            "firm.yaml: holds none; expected settings, one a line, as name: value"
        ]


def test_wrong_settings(tmp_path: Path) -> None:
    """Every wrong setting is said with its line and value, and unknown ones with the nearest."""
    text = (
        "horizon: 5\nseed: 1\nseed: 2\ncurrency: [a]\ntax_rate: !!float 0.2\n"
        "discount_rate: &r 0.1\ncost_inflation: *r\n? {a: b}\n: c\n"
        "correlations:\n- [price, fixed_costs, 0.5]\n- [price]\n"
        "defaults:\n  prise: 5\n  vendor_id: x\n  price: {[1]: 2}\n  name: a\n  name: b\n"
        "weights: 7\nquite_another: 1\n"
    )
    assert wrong_assumptions(tmp_path, text) == messages(
        """
        firm.yaml, line 3, seed: stands twice; expected every key once, as plain text
        firm.yaml, line 8, {'a': 'b'}: is no plain text; expected every key once, as plain text
        firm.yaml, line 18, name: stands twice; expected every key once, as plain text
        firm.yaml, line 1, horizon: no such setting; expected a setting of data/README.md; did you
          mean horizon_years?
        firm.yaml, line 20, quite_another: no such setting; expected a setting of data/README.md
        firm.yaml, line 4, currency = ['a']: is a list or mapping; expected text of at most 12
          characters
        firm.yaml, line 5, tax_rate = !!float: is a tag of YAML; expected the value alone
        firm.yaml, line 7, cost_inflation = *r: is an alias; expected the value itself
        firm.yaml, line 19, weights = 7: expected a mapping criterion: weight
        firm.yaml, line 10, correlations = fixed_costs: no such name; expected a column of
          data/README.md; did you mean fixed_cost?
        firm.yaml, line 10, correlations = ['price']: expected a list of [column, column, rank
          correlation]
        firm.yaml, line 14, defaults = prise: no such name; expected a column of data/README.md; did
          you mean price?
        firm.yaml, line 15, defaults = vendor_id: no such name; expected a column of data/README.md
        firm.yaml, line 16, defaults.price = {"['1']": '2'}: is a list or mapping; expected a number
          above 0 (money), or a range low..mid..high
        """
    )


@pytest.mark.parametrize("given_as", [int, str])
def test_trials_and_seed_of_a_run(tmp_path: Path, given_as: Callable[[int], Any]) -> None:
    """Trials and seed of a run replace the file's, 0 included, as number or text."""
    path = vendor_csv(tmp_path)
    firm_file = assumptions(tmp_path, "seed: 7\ntrials: 128\n")
    assert read_inputs(path, firm_file)[1] == firm(seed=7, trials=128)
    assert read_inputs(path, firm_file, seed=given_as(0))[1] == firm(seed=0, trials=128)
    assert read_inputs(path, firm_file, trials=given_as(64))[1] == firm(seed=7, trials=64)


@pytest.mark.parametrize("empty", ["", " ", "NA", "null"])
def test_empty_trials_and_seed(tmp_path: Path, empty: str) -> None:
    """Trials or a seed given as nothing are refused, and not replaced by a default."""
    path = vendor_csv(tmp_path)
    shown = f" = {empty}" if empty else ""
    assert problems(path, trials=empty, seed=empty) == [
        f"trials{shown}: is empty; expected a whole number from 1 to 1048576",
        f"seed{shown}: is empty; expected a whole number from 0 to 9007199254740992",
    ]


# hostile text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_text(tmp_path: Path, text: str) -> None:
    """Whatever a text means elsewhere, it is read as it stands and from every format."""
    change = {"name": text, "offering": text, "approved_by": text}
    one = read_vendors(vendor_csv(tmp_path, change))["nimbus"]
    assert (one.name, one.offering, one.approved_by) == (text, text, text)
    assert read_vendors(vendor_yaml(tmp_path, change))["nimbus"] == one


@pytest.mark.parametrize("text", [*HOSTILE.values(), "x" * 300], ids=[*HOSTILE, "long"])
def test_hostile_text_in_messages(tmp_path: Path, text: str) -> None:
    """A message is one printable line, whatever stands in a heading, a cell, a key or a name."""
    folder = tmp_path / "in"
    folder.mkdir()
    name = text.replace("/", "").replace("\0", "")[:100] + ".csv"
    firm_file = assumptions(
        tmp_path, yaml.safe_dump({text: text, "currency": text * 2, "seed": text})
    )
    content = csv_text(
        {"vendor_id": text, "price": text, "channel": text, "offering": "y", text: "x"}
    )
    for message in (
        *problems(written(folder / name, content), firm_file, trials=text),
        *problems(vendor_yaml(folder, {"price": text, text: text}), firm_file),
        *problems(folder / text.replace("\0", "") / "v.csv"),
        *problems(tmp_path / f"v.{text.replace('/', '')[:50]}"),
    ):
        assert message.isprintable()
        assert len(message) < 600


def test_lone_surrogates(tmp_path: Path) -> None:
    """Half a character, as only YAML can write it, is refused and shown escaped."""
    text = yaml.safe_dump([CELLS]).replace("Nimbus Robotics", '"\\ud83d"')
    (message,) = problems(written(tmp_path / "v.yaml", text))
    assert message.isprintable()
    assert message.startswith("v.yaml, line 1")


# properties: whatever stands in a file, it is read or refused

GOOD_CSV = csv_text({}, {"vendor_id": "b", "price": "1..2..3", "offering": 'a "b", c'}).encode()
GOOD_SEMICOLONS = csv_text({"price": "1000,5"}, delimiter=";", end="\r\n").encode()
GOOD_YAML = yaml.safe_dump([CELLS, CELLS | {"vendor_id": "b"}], sort_keys=False).encode()
GOOD_FIRM = (
    b"currency: EUR\nhorizon_years: 8\nterminal_growth: null\nweights: {scarcity: 1}\n"
    b"correlations:\n- [price, fixed_cost, 0.5]\ndefaults: {failure_year: 2, price: 1..2..3}\n"
)
TOKENS = [
    *(b"\0", b"\r", b"\n", b'"', b"'", b",", b";", b"\t", b"&a ", b"*a", b"{", b"}", b"[", b"]"),
    *(b": ", b"? ", b"- ", b"..", b"1e999", b"nan", b"9" * 400, b"\xff\xfe", b"\xef\xbb\xbf"),
    *(b"\xed\xa0\x80", b"|", b">", b"%", b"`", b"#", b"---\n", b"=1+1", b'"\\ud800"', b"<<: "),
    *(b"1.234", b"1,5", b"null", b"{[1]: 2}", b"!!python/object:os.system ", b"\x1b[2J", b"-1"),
    *("\u202e".encode(), b"sep=;\n", b"true", b"price", b"? [a]\n: b\n"),
]
FILES = {
    "v.csv": [GOOD_CSV, GOOD_SEMICOLONS],
    "v.yaml": [GOOD_YAML],
    "firm.yaml": [GOOD_FIRM],
    "v.xlsx": [],
}


def mutated(content: bytes, rng: random.Random) -> bytes:
    """`content` with a few bytes changed, deleted, doubled or put in."""
    changed = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 3, 8])):
        start = rng.randrange(len(changed) + 1)
        end = min(len(changed), start + rng.choice([1, 1, 3, 10, 100]))
        put = rng.choice([b"", changed[start:end] * 2, bytes([rng.randrange(256)]), *TOKENS])
        changed[start : rng.choice([start, end])] = put
    return bytes(changed)


def check_file(folder: Path, name: str, content: bytes) -> None:
    """Nothing but an `InputError` with printable messages may come out of reading it."""
    path = written(folder / name, content)
    good = folder / "good.csv"
    try:
        if name == "firm.yaml":
            read_inputs(good, path)
        else:
            vendors, _ = read_inputs(path)
            assert all(one.vendor_id == key for key, one in vendors.items())
    except InputError as error:
        found = error.problems
    else:
        return
    assert found
    assert all(str(problem).isprintable() for problem in found)
    json.dumps([problem.to_dict() for problem in found], allow_nan=False)


@pytest.mark.parametrize("name", FILES)
@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(str.encode)))
def test_any_bytes_are_read_or_refused(tmp_path: Path, name: str, content: bytes) -> None:
    """Any content of a file of any format is read or refused, and nothing else happens."""
    written(tmp_path / "good.csv", GOOD_CSV)
    check_file(tmp_path, name, content)


@pytest.mark.parametrize("name", FILES)
def test_damaged_files_are_read_or_refused(tmp_path: Path, name: str) -> None:
    """A good file with a few bytes changed is read or refused, and nothing else happens."""
    written(tmp_path / "good.csv", GOOD_CSV)
    rng = random.Random(1)
    originals = FILES[name] or [vendor_workbook(tmp_path / "good.xlsx", {}).read_bytes()]
    for _ in range(100 if name == "v.xlsx" else 300):
        check_file(tmp_path, name, mutated(rng.choice(originals), rng))


# writing


texts = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=40
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10**6), name=texts, offering=texts)
def test_written_vendors_are_read_back(tmp_path: Path, seed: int, name: str, offering: str) -> None:
    """Vendors that are written are read back equal, whatever their texts and numbers."""
    row = random_row(random.Random(seed), 10, uncertain=True) | {"offering": offering}
    try:
        one = vendor(row, name=name)
    except InputError:
        one = vendor(row)
    if one.name is None:  # a word that stands for an empty cell
        one = vendor(row)
    path = tmp_path / "v.yaml"
    write_vendors(Vendors([one]), path)
    assert dict(read_vendors(path)) == {"random": one}


def test_written_assumptions_are_read_back(tmp_path: Path) -> None:
    """Assumptions that are written are read back equal, no terminal value included."""
    rng = random.Random(2)
    defaults = {
        "price": Range(*around("price", 100.0, rng)),
        "name": "null island",
        "ramp_years": 2,
    }
    for one in (
        Assumptions(),
        firm(
            currency="'$\x1b: ",
            terminal_growth=None,
            discount_rate=1e-7,
            seed=2**53,
            weights={"scarcity": 0},
            correlations=[(RANGED[0], RANGED[1], -0.123456789012345)],
            defaults=defaults,
        ),
    ):
        write_assumptions(one, tmp_path / "firm.yaml")
        assert read_assumptions(tmp_path / "firm.yaml") == one


def test_fingerprint(tmp_path: Path) -> None:
    """A file's fingerprint is the SHA-256 of its bytes, and a missing file is an input error."""
    # source: SHA-256 of "abc", FIPS 180-4
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert fingerprint(written(tmp_path / "x", "abc")) == known
    with pytest.raises(InputError):
        fingerprint(tmp_path / "none")


def test_locating_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is found from the folder it is meant for and from those below."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    found = written(tmp_path / "v.csv", "x")
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert locate("v.csv").samefile(found)
    assert locate("none.csv") == Path("none.csv")
    assert locate(found) == found
    written(Path("v.csv"), "y")
    assert locate("v.csv") == Path("v.csv")


# problems


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (Problem("a"), "expected a"),
        (Problem("a", file="f", row=3, column="c", value=1), "f, row 3, c = 1: expected a"),
        (Problem("a", file="f", row=3, row_word="line"), "f, line 3: expected a"),
        (Problem("a", column="c", wrong="b"), "c: b; expected a"),
        (Problem("a", value=0), "0: expected a"),
        (Problem("a", column="c", nearest="d"), "c: expected a; did you mean d?"),
        (
            Problem("a", file="f\x1b", column="\n", value="\u202e"),
            "f\\x1b, \\n = \\u202e: expected a",
        ),
    ],
)
def test_sentence_of_a_problem(problem: Problem, sentence: str) -> None:
    """A problem reads: place, column = value: what is wrong; what is expected; a proposal."""
    assert str(problem) == sentence


def test_problem_as_json() -> None:
    """A problem's fields are plain JSON, with its sentence; a value of any kind becomes text."""
    problem = Problem("a", file="f", row=2, column="c", value=datetime.date(2024, 1, 2))
    assert json.loads(json.dumps(problem.to_dict())) == {
        "expected": "a",
        "file": "f",
        "row": 2,
        "row_word": "row",
        "column": "c",
        "value": "2024-01-02",
        "wrong": None,
        "nearest": None,
        "message": "f, row 2, c = 2024-01-02: expected a",
    }


def test_input_errors() -> None:
    """An input error holds its problems, a line each, and survives a pickle."""
    error = InputError([Problem("a"), Problem("b")])
    assert str(error) == "expected a\nexpected b"
    assert InputError(Problem("a")).problems == (Problem("a"),)
    assert pickle.loads(pickle.dumps(error)).problems == error.problems  # noqa: S301 - our own
    assert str(UnknownNameError(Problem("a"))) == "expected a"
    assert error._render_traceback_() == ["Wrong input: expected a", "Wrong input: expected b"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain ünï 🤖", "plain ünï 🤖"),
        (7, "7"),
        ("\x1b[0m\u202e\n\t\ud800\x85", "\\x1b[0m\\u202e\\n\\t\\ud800\\x85"),
        ("x" * SHOWN_CHARACTERS, "x" * SHOWN_CHARACTERS),
        ("x" * (SHOWN_CHARACTERS + 1), "x" * (SHOWN_CHARACTERS - 1) + "…"),
    ],
)
def test_printable(value: object, shown: str) -> None:
    """A value is shown on one line of bounded length, with control and direction marks escaped."""
    assert printable(value) == shown


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("Prices", "price"), ("internal spend", "internal_spend"), ("zzz", None), ("", None)],
)
def test_nearest_name(name: str, nearest: str | None) -> None:
    """The nearest name is proposed when it is near, in any case and with blanks."""
    assert nearest_name(name, list(COLUMNS)) == nearest


@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\u2029", "\n", "\r", "\x0b"])
def test_texts_with_line_breaks_survive(tmp_path: Path, separator: str) -> None:
    """A text with any kind of line break in it is read back as it was written."""
    one = vendor(offering=f"a{separator}b")
    write_vendors(Vendors([one]), tmp_path / "vendors.yaml")
    assert read_vendors(tmp_path / "vendors.yaml")[one.vendor_id] == one
