"""The command line: results and messages, exit codes, signals, and hostile input."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from acquire.batch import Rendered
from acquire.evaluation import evaluate
from acquire.inputs import read_inputs
from tests.files import CELLS, HOSTILE, messages, run, start, vendor_csv, workbook, written

COMMANDS = ("check", "score", "evaluate", "portfolio", "render")
CASES = ("internal_only", "dual_market", "failure", "compromised", "build")
PAYOFF = dict.fromkeys(
    ("mean", "p10", "p50", "p90", "p_loss", "p_below_alternative", "expected_shortfall")
) | {"standard_error": None}
CONDITION = dict.fromkeys(("status", "value", "limit", "explanation"))
YEAR = dict.fromkeys(
    ("year", "revenue", "variable_cost", "go_to_market", "fixed_cost_share", "credit_cost")
) | {"profit": None}

RESULT: dict[str, Any] = {
    "vendor_id": None,
    "name": None,
    "currency": None,
    "price": None,
    "success_probability": None,
    "classification": dict.fromkeys(
        ("score", "strategic", "p_strategic", "differentiation", "quadrant")
    )
    | {"strategic_value_left_out": None},
    "conditions": dict.fromkeys(
        (
            "internal_clients_first",
            "distinctive_competence",
            "nothing_strategic_to_competitors",
            "never_lose_money",
        ),
        CONDITION,
    ),
    "payoffs": dict.fromkeys((*CASES, "go_external"), PAYOFF),
    "cash_flows": {case: [None] for case in CASES},
    "terminal_values": dict.fromkeys(CASES),
    "costing": [YEAR],
    "best_alternative": None,
    "strategy": None,
    "value": None,
    "verdict": None,
    "flags": [],
    "reasons": [None],
    "break_even_probability": None,
    "walk_away_price": None,
    "cost_of_skills": None,
    "cost_of_skills_per_head": None,
    "compromise": dict.fromkeys(("gain_over_failure", "cost_inside", "internal_lost"))
    | {"competitor_revenue_gained": None},
    "trials": None,
    "seed": None,
}
"""The machine-readable result of the model's section 8, without sensitivity."""


def shape(value: Any) -> Any:
    """A value with what stands in it left out: the names, and one element of a list."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return None


def strict(text: str) -> Any:
    """JSON that holds no NaN and no Infinity."""

    def refuse(constant: str) -> Any:
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


def firm_file(folder: Path, text: str = "trials: 64\n") -> Path:
    return written(folder / "firm.yaml", text)


# results


def test_check(tmp_path: Path) -> None:
    """Files that are fine are counted, on standard output."""
    one, two = vendor_csv(tmp_path), [{}, {"vendor_id": "b"}]
    assert (run("check", one).code, run("check", one).out) == (0, "1 vendor, fine\n")
    ended = run("check", vendor_csv(tmp_path, *two), "--json")
    assert (ended.code, ended.err) == (0, "")
    assert strict(ended.out) == {"vendors": 2, "problems": []}


def test_check_as_json_of_wrong_files(tmp_path: Path) -> None:
    """`check --json` prints its object on standard output for wrong files too, and exits with 2."""
    path = vendor_csv(tmp_path, {"price": "0", "chanel": "x"})
    ended = run("check", path, "-a", firm_file(tmp_path, "sead: 1\n"), "--json")
    assert (ended.code, ended.err) == (2, "")
    found = strict(ended.out)
    assert found["vendors"] == 0
    assert found["problems"][2] == {
        "file": "vendors.csv",
        "row": 2,
        "row_word": "row",
        "column": "price",
        "value": "0",
        "expected": "a number above 0 (money), or a range low..mid..high",
        "wrong": None,
        "nearest": None,
        "message": "vendors.csv, row 2, price = 0: expected a number above 0 (money), or a range "
        "low..mid..high",
    }
    assert [problem["nearest"] for problem in found["problems"]] == ["seed", "channel", None]


def test_score(tmp_path: Path) -> None:
    """Scores come as a table, or as JSON in the file's order, for all vendors or those named."""
    path = vendor_csv(tmp_path, {"vendor_id": "b"}, {"vendor_id": "a", "name": "Aye"})
    ended = run("score", path, "-a", firm_file(tmp_path))
    assert (ended.code, ended.err) == (0, "")
    assert "Aye" in ended.out
    rows = strict(run("score", path, "--json", "-a", firm_file(tmp_path)).out)
    assert [row["vendor_id"] for row in rows] == ["b", "a"]
    # by hand: 10 · (0.30·8 + 0.25·7 + 0.20·6 + 0.10·5 + 0.15·4)
    assert rows[0]["score"] == pytest.approx(64.5)
    named = strict(run("score", path, "a", "--json", "-a", firm_file(tmp_path)).out)
    assert named == rows[1:]


def test_evaluate_in_words(tmp_path: Path) -> None:
    """One vendor is printed in full, several as a ranking."""
    path = vendor_csv(tmp_path, {}, {"vendor_id": "b", "name": "Second"})
    one = run("evaluate", path, "nimbus", "-a", firm_file(tmp_path))
    assert (one.code, one.err) == (0, "")
    assert one.out.startswith("Nimbus Robotics (nimbus)\nVerdict: ")
    assert "Second" not in one.out
    both = run("evaluate", path, "-a", firm_file(tmp_path))
    assert "Vendors by the value of their best permitted strategy" in both.out
    assert {"nimbus", "b"} <= set(both.out.split())


def test_shape_of_the_result(tmp_path: Path) -> None:
    """`evaluate --json` prints an array of objects in the shape of the model's section 8."""
    hiring = {"vendor_id": "b", "skills_headcount": "5", "hiring_cost": "2"}
    path = vendor_csv(tmp_path, hiring, {})
    ended = run("evaluate", path, "--json", "-a", firm_file(tmp_path))
    assert (ended.code, ended.err) == (0, "")
    full, without = strict(ended.out)
    assert shape(full) | {"flags": []} == RESULT
    assert set(without) == set(RESULT)
    for part in ("payoffs", "cash_flows", "terminal_values"):
        assert set(without[part]) == set(RESULT[part])
        assert without[part]["build"] is None
    assert len(full["cash_flows"]["failure"]) == 11
    assert [year["year"] for year in full["costing"]] == list(range(1, 11))
    assert without["cost_of_skills_per_head"] is None


def test_result_is_that_of_the_package(tmp_path: Path) -> None:
    """The printed numbers are those of `evaluate` at full precision, in the file's order."""
    path = vendor_csv(tmp_path, *({"vendor_id": i, "price": f"1{i}00"} for i in "3412"))
    firm = firm_file(tmp_path, "trials: 64\nseed: 3\nterminal_growth: null\n")
    vendors, assumptions = read_inputs(path, firm)
    expected = [evaluate(one, assumptions).to_dict() for one in vendors.values()]
    assert strict(run("evaluate", path, "--json", "-a", firm).out) == expected
    named = strict(run("evaluate", path, "2", "3", "--json", "-a", firm).out)
    assert named == [expected[0], expected[3]]


def test_results_that_are_none(tmp_path: Path) -> None:
    """Where the model says none, the result says null."""
    path = vendor_csv(
        tmp_path,
        dict.fromkeys(("differentiation", "client_impact", "scarcity"), "1")
        | {"client_satisfaction": "10", "external_revenue": "0"},
    )
    (result,) = strict(run("evaluate", path, "--json", "-a", firm_file(tmp_path)).out)
    assert [result[name] for name in ("strategy", "value", "walk_away_price")] == [None] * 3


def test_trials_and_seed(tmp_path: Path) -> None:
    """Trials and seed of the command line replace the file's, and change the draws."""
    path = vendor_csv(tmp_path)
    firm = firm_file(tmp_path, "trials: 64\nseed: 3\n")
    plain = strict(run("evaluate", path, "--json", "-a", firm).out)[0]
    other = strict(run("evaluate", path, "--json", "-a", firm, "--seed", "0").out)[0]
    more = strict(run("evaluate", path, "--json", "-a", firm, "--trials", "128").out)[0]
    assert [(one["trials"], one["seed"]) for one in (plain, other, more)] == [
        (64, 3),
        (64, 0),
        (128, 3),
    ]
    assert len({one["payoffs"]["internal_only"]["mean"] for one in (plain, other, more)}) == 3


def test_assumptions_beside_the_file(tmp_path: Path) -> None:
    """Without --assumptions the file assumptions.yaml beside the vendors counts."""
    path = vendor_csv(tmp_path)
    written(tmp_path / "assumptions.yaml", "currency: EUR\ntrials: 64\n")
    assert strict(run("evaluate", path, "--json").out)[0]["currency"] == "EUR"
    assert (
        strict(run("evaluate", path, "--json", "-a", firm_file(tmp_path)).out)[0]["currency"]
        == "USD"
    )


def test_help_and_version() -> None:
    """Help and version are results; no command at all is wrong input."""
    for arguments in (["--help"], ["-h"], *([name, "--help"] for name in COMMANDS), ["--version"]):
        ended = run(*arguments)
        assert (ended.code, ended.err) == (0, "")
        assert ended.out
    assert run().code == 2


# wrong input


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("as_json", [False, True])
def test_wrong_input(tmp_path: Path, command: str, as_json: bool) -> None:
    """Every problem of everything goes to standard error, nothing else is written anywhere."""
    if as_json and command in ("check", "render"):
        return
    path = vendor_csv(tmp_path, {"price": "x"}, {"vendor_id": "B", "prise": "1"})
    firm = firm_file(tmp_path, "tax_rat: 1\n")
    out = tmp_path / "reports"
    options = [] if command == "check" else ["--trials", "3", "--seed", "-1"]
    options += ["--json"] * as_json + ["--out", str(out)] * (command == "render")
    ended = run(command, path, "-a", firm, *options)
    assert (ended.code, ended.out) == (2, "")
    assert not out.exists()
    said = messages(
        """
        firm.yaml, line 1, tax_rat: no such setting; expected a setting of data/README.md; did you
          mean tax_rate?
        trials = 3: expected a power of two, such as 4
        seed = -1: expected a whole number from 0 to 9007199254740992
        vendors.csv, row 1, prise: no such column; expected a column of data/README.md; did you mean
          price?
        vendors.csv, row 2, price = x: is not a number; expected a number above 0 (money), or a
          range low..mid..high
        vendors.csv, row 3, vendor_id = B: expected 1 to 64 characters a-z, 0-9 and '-', not
          starting with '-', such as nimbus-robotics
        """
    )
    if command == "check":
        del said[1:3]
    assert ended.err.splitlines() == [*said, f"{len(said)} problems; nothing was written"]


@pytest.mark.parametrize("command", ["score", "evaluate", "render"])
def test_unknown_vendors(tmp_path: Path, command: str) -> None:
    """Every unknown vendor is named with the nearest id, and nothing is evaluated or written."""
    path = vendor_csv(tmp_path, {}, {"vendor_id": "b"})
    out = tmp_path / "reports"
    options = ["-o", str(out)] * (command == "render")
    ended = run(command, path, "Nimbu", "b", "../x\x1b", *options)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == messages(
        """
        vendor_id = Nimbu: no such vendor; expected one of nimbus, b; did you mean nimbus?
        vendor_id = ../x\\x1b: no such vendor; expected one of nimbus, b
        2 problems; nothing was written
        """
    )
    assert not out.exists()


def test_one_problem(tmp_path: Path) -> None:
    """A single problem is counted in the singular."""
    ended = run("check", tmp_path / "none.csv")
    assert ended.err.splitlines()[1:] == ["1 problem; nothing was written"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["frobnicate"],
        ["check", "{file}", "--frobnicate"],
        ["check", "{file}", "--trials", "4"],
        ["evaluate", "{file}", "--trials"],
        ["render", "{file}", "--workers", "0"],
        ["render", "{file}", "--workers", "x"],
        ["render", "{file}", "--timeout", "nan"],
        ["render", "{file}", "--timeout", "0"],
    ],
    ids=" ".join,
)
def test_wrong_usage(tmp_path: Path, arguments: list[str]) -> None:
    """Wrong options and commands exit with 2, say why and write nothing."""
    path = vendor_csv(tmp_path)
    ended = run(*(argument.format(file=path) for argument in arguments))
    assert (ended.code, ended.out) == (2, "")
    assert "Error: " in ended.err
    assert [one.name for one in tmp_path.iterdir()] == ["vendors.csv"]


@pytest.mark.parametrize("out", ["vendors.csv", "vendors.csv/deeper"])
def test_reports_where_no_folder_can_be(tmp_path: Path, out: str) -> None:
    """A folder for reports that cannot be made is wrong input."""
    path = vendor_csv(tmp_path)
    before = path.read_bytes()
    ended = run("render", path, "-o", tmp_path / out)
    assert (ended.code, ended.out) == (2, "")
    assert "expected a folder that can be written to" in ended.err
    assert path.read_bytes() == before


def test_vendors_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When reports fail the run says so and exits with 1."""
    done = Rendered(tmp_path, tmp_path / "index.html", 1, 2, {"nimbus": "no\x1b[2J kernel"})
    monkeypatch.setattr("acquire.batch.render", lambda *_, **__: done)
    ended = run("render", vendor_csv(tmp_path))
    assert ended.code == 1
    assert ended.out.startswith("1 pages with 2 charts; open ")
    assert ended.err == "1 failed; the index links to what is known of each\n"


# hostile text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_in_results(tmp_path: Path, text: str) -> None:
    """No text of a file reaches a terminal as anything but text on one line."""
    change = {"name": text, "offering": text, "approved_by": text, "competitor_share": "0.2"}
    firm = firm_file(tmp_path, yaml.safe_dump({"trials": 64, "currency": text[:12]}))
    one = vendor_csv(tmp_path, change)
    outputs = [run("score", one, "-a", firm), run("evaluate", one, "-a", firm)]
    two = vendor_csv(tmp_path, change, {"vendor_id": "b"})
    outputs += [run("score", two, "-a", firm), run("evaluate", two, "-a", firm, "--sensitivity")]
    for ended in outputs:
        assert (ended.code, ended.err) == (0, "")
        assert all(line.isprintable() for line in ended.out.split("\n"))
        assert not any(line.startswith("Verdict: forged") for line in ended.out.split("\n"))
    as_json = run("evaluate", one, "--json", "-a", firm).out
    assert as_json.isascii()
    assert strict(as_json)[0]["name"] == text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_in_problems(tmp_path: Path, text: str) -> None:
    """No wrong value reaches a terminal as anything but text on one line, nor makes a file."""
    path = vendor_csv(tmp_path, {"vendor_id": text, "price": text, text: "x"})
    for arguments in (
        ["check", path],
        ["evaluate", path, "--seed", text],
        ["score", path, "-a", tmp_path / f"{text.replace('/', '')}.yaml"],
        ["render", path, text, "-o", tmp_path / "reports"],
    ):
        ended = run(*arguments)
        assert (ended.code, ended.out) == (2, "")
        assert all(line.isprintable() for line in ended.err.split("\n"))
    assert [one.name for one in tmp_path.iterdir()] == ["vendors.csv"]


def test_formulas_are_not_calculated(tmp_path: Path) -> None:
    """A workbook with formulas that were never calculated is refused, and not calculated."""

    def edit(sheet: Any) -> None:
        sheet.append(list(CELLS))
        sheet.append([*list(CELLS.values())[:-1], "=4+4"])

    ended = run("check", workbook(tmp_path / "v.xlsx", edit))
    assert ended.code == 2
    assert "row 2, competence = =4+4: is a formula that was never calculated" in ended.err


# a process of its own


def test_exit_codes_of_the_process(tmp_path: Path) -> None:
    """The process itself exits with 0 or 2, results and messages on their own streams."""
    path = vendor_csv(tmp_path)
    fine = start("check", path)
    assert fine.communicate() == (b"1 vendor, fine\n", b"")
    assert fine.returncode == 0
    wrong = start("evaluate", tmp_path / "none.csv", "--json")
    out, err = wrong.communicate()
    assert (wrong.returncode, out) == (2, b"")
    assert err.startswith(b"none.csv: no such file in ")


@pytest.fixture(scope="module")
def long_work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Vendors that take a while to evaluate."""
    changes = ({"vendor_id": f"v{i}"} for i in range(2000))
    return vendor_csv(tmp_path_factory.mktemp("long"), *changes)


def test_interrupted(long_work: Path) -> None:
    """Ctrl-C during an evaluation exits with 130 and a message, without a traceback."""
    process = start("evaluate", long_work, "--json")
    assert process.stdout is not None
    assert process.stdout.read(1) == b"["
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert err.decode().split("\n")[-2] == "interrupted; nothing is half-written"
    assert b"Traceback" not in err


def test_terminated(long_work: Path) -> None:
    """A polite request to end is followed like Ctrl-C, without a traceback."""
    process = start("evaluate", long_work, "--json")
    assert process.stdout is not None
    assert process.stdout.read(1) == b"["
    process.terminate()
    assert b"Traceback" not in process.communicate()[1]
    assert process.returncode == 130


def test_reader_that_has_seen_enough(long_work: Path) -> None:
    """When the reader of the output goes away, so does the program, without a traceback."""
    process = start("evaluate", long_work, "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(1)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 1
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [("check",), ("check", "--json"), ("evaluate", "--json")])
def test_full_disk(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Output that cannot be written exits with 1 and the system's reason."""
    with Path("/dev/full").open("wb") as full:
        process = start(arguments[0], vendor_csv(tmp_path), *arguments[1:], stdout=full)
        _, err = process.communicate()
    assert process.returncode == 1
    assert err.decode().startswith("stopped by the system: ")
    assert len(err.splitlines()) == 1


def test_terminals_with_few_characters(tmp_path: Path) -> None:
    """On a stream that cannot show a character it is escaped, and the run goes on."""
    environment = os.environ | {"PYTHONIOENCODING": "latin-1"}
    path = vendor_csv(tmp_path, {"name": "Ünï 🤖"})
    process = start("score", path, env=environment)
    out, err = process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert b"\xdcn\xef \\U0001f916 " in out


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text elsewhere")
def test_file_names_that_are_no_text(tmp_path: Path) -> None:
    """A file whose name is no text is read or refused like any other."""
    folder = os.fsencode(tmp_path)
    path = vendor_csv(tmp_path)
    odd = folder + b"/\xff\x1b[2J.csv"
    Path(os.fsdecode(odd)).write_bytes(path.read_bytes())
    fine = start("check", odd)
    assert fine.communicate() == (b"1 vendor, fine\n", b"")
    process = start("check", folder + b"/\xfe.csv")
    _, err = process.communicate()
    assert process.returncode == 2
    assert err.startswith(b"\\udcfe.csv: no such file in ")


# scenarios

LOW = """\
schema: 1
vendor: b
inputs:
  price: 700
assumptions:
  tax_rate: 0.1
  trials: 128
"""


@pytest.fixture
def low(tmp_path: Path) -> Path:
    """A scenario in a folder beside three vendors, whose file it names."""
    firm_file(tmp_path).rename(tmp_path / "assumptions.yaml")
    vendor_csv(tmp_path, {}, {"vendor_id": "b", "name": "Second"}, {"vendor_id": "c"})
    (tmp_path / "scenarios").mkdir()
    return written(tmp_path / "scenarios" / "low.yaml", f"{LOW}vendors: ../vendors.csv\n")


def in_low(folder: Path, *ids: str, **settings: Any) -> list[Any]:
    """What vendors come to under the scenario, without its code."""
    vendors, firm = read_inputs(folder / "vendors.csv")
    firm = replace(firm, **{"tax_rate": 0.1, "trials": 128} | settings)
    changed = {i: replace(v, price=700.0) if i == "b" else v for i, v in vendors.items()}
    return [evaluate(changed[i], firm).to_dict() for i in ids]


def test_scenario_of_one_vendor(tmp_path: Path, low: Path) -> None:
    """A scenario needs no FILE where it names it, and is of its vendor and of those named."""
    ended = run("evaluate", "--scenario", low, "--json")
    assert (ended.code, ended.err) == (0, "")
    assert strict(ended.out) == in_low(tmp_path, "b")
    beside = run("evaluate", tmp_path / "vendors.csv", "c", "--scenario", low, "--json")
    assert strict(beside.out) == in_low(tmp_path, "b", "c")
    assert run("evaluate", "c", "--scenario", low, "--json").out == beside.out
    fewer = run("evaluate", "--scenario", low, "--json", "--trials", "32")
    assert strict(fewer.out) == in_low(tmp_path, "b", trials=32)


def test_scenario_in_words(low: Path) -> None:
    """What differs stands above the verdict, and above the scores of all vendors."""
    differs = "price USD 1.0 thousand → USD 700, tax rate 25 % → 10 %, trials 64 → 128"
    said = f"Scenario low of b: {differs}\n\n"
    ended = run("evaluate", "--scenario", low)
    assert ended.out.startswith(f"{said}Second (b)\nVerdict: ")
    scores = run("score", "--scenario", low)
    assert scores.out.startswith(said)
    assert "Nimbus Robotics" in scores.out
    rows = strict(run("score", "--scenario", low, "--json").out)
    assert [row["vendor_id"] for row in rows] == ["nimbus", "b", "c"]


@pytest.mark.parametrize("command", ["evaluate", "score", "render"])
def test_wrong_scenarios(tmp_path: Path, low: Path, command: str) -> None:
    """What is wrong with the scenario is said together with the rest, and nothing is written."""
    path = tmp_path / "vendors.csv"
    written(low, "schema: 1\nvendor: b\ninputs:\n  prise: 1\n")
    ended = run(command, path, "--scenario", low, "--trials", "3")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == messages(
        """
        low.yaml, line 4, prise: no such column; expected a column of data/README.md; did you mean
          price?
        trials = 3: expected a power of two, such as 4
        2 problems; nothing was written
        """
    )
    written(low, "schema: 1\nvendor: nimbu\n")
    ended = run(command, path, "d", "--scenario", low)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == messages(
        """
        vendor_id = d: no such vendor; expected one of nimbus, b, c
        low.yaml, line 2, vendor = nimbu: no such vendor; expected one of nimbus, b, c; did you
          mean nimbus?
        2 problems; nothing was written
        """
    )


@pytest.mark.parametrize("command", ["evaluate", "score", "render"])
def test_no_vendor_file(low: Path, command: str) -> None:
    """Without FILE and a scenario that names one, the usage is wrong and says so."""
    assert "Error: Missing argument 'FILE'.\n" in run(command).err
    written(low, LOW)
    ended = run(command, "--scenario", low)
    assert (ended.code, ended.out) == (2, "")
    said = "Error: Missing argument 'FILE': low.yaml does not name its vendor file.\n"
    assert ended.err.endswith(said)
    written(low, f"{LOW}vendors: none.csv\n")
    ended = run(command, "--scenario", low)
    assert ended.code == 2
    assert ended.err.startswith("none.csv: no such file in ")


@pytest.mark.usefixtures("low")
def test_reports_of_a_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They go to a folder of their own unless one is named, and are rendered alone likewise."""
    calls: list[tuple[Any, ...]] = []
    commands: list[str] = []

    def note(*arguments: Any, scenario: Any, rerun: Any, **_: Any) -> Rendered:
        calls.append((list(arguments[0]), arguments[2], scenario and scenario.name))
        commands.append(rerun("b"))
        return Rendered(tmp_path, tmp_path / "index.html", 1, 2, {})

    monkeypatch.setattr("acquire.batch.render", note)
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ("vendors.csv",),
        ("--scenario", "scenarios/low.yaml"),
        ("vendors.csv", "c", "--scenario", "scenarios/low.yaml", "--seed", "2"),
        ("--scenario", "scenarios/low.yaml", "-o", "here"),
        ("c", "nimbus", "--scenario", "scenarios/low.yaml"),
    ):
        assert run("render", *arguments).code == 0
    assert calls == [
        (["nimbus", "b", "c"], "reports", None),
        (["b"], "scenario-reports/low", "low"),
        (["b", "c"], "scenario-reports/low", "low"),
        (["b"], "here", "low"),
        (["nimbus", "b", "c"], "scenario-reports/low", "low"),
    ]
    in_scenario = "--scenario scenarios/low.yaml --out"
    assert commands == [
        "acquire render vendors.csv --out reports --only b",
        f"acquire render {in_scenario} scenario-reports/low --only b",
        f"acquire render vendors.csv c --seed 2 {in_scenario} scenario-reports/low --only b",
        f"acquire render {in_scenario} here --only b",
        f"acquire render c nimbus {in_scenario} scenario-reports/low --only b",
    ]
    assert "scenario-reports/NAME" in run("render", "--help").out
