"""Files of rows: which cell is which in CSV, XLSX and YAML, and what is refused."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from openpyxl.worksheet.worksheet import Worksheet

from acquire.columns import Decimals, UnreadableCellError
from acquire.errors import InputError
from acquire.tabular import Sheet, read_sheet, tree
from acquire.tabular import workbook as workbook_file
from tests.files import grid, messages, patched, workbook, written


def sheet_of(folder: Path, content: str | bytes, name: str = "v.csv") -> Sheet:
    return read_sheet(written(folder / name, content))


def cells_of(sheet: Sheet) -> list[list[Any]]:
    return [list(row.cells.values()) for row in sheet.rows]


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_sheet(path)
    return str(caught.value)


def said(sheet: Sheet) -> list[str]:
    return [str(problem) for problem in sheet.problems]


# any file


@pytest.mark.parametrize("name", ["v.txt", "v", "v.xls", "v.csv.bak", ".csv"])
def test_unknown_endings(tmp_path: Path, name: str) -> None:
    """A file of another ending is refused with the endings that are read."""
    message = refusal(written(tmp_path / name, "vendor_id\na\n"))
    assert message.startswith(f"{name}: is a ")
    assert message.endswith("expected a file ending in .csv, .xlsx, .yaml or .yml")


def test_endings_in_capitals(tmp_path: Path) -> None:
    """The ending of a file name counts in any case."""
    assert cells_of(sheet_of(tmp_path, "vendor_id\na\n", "V.CSV")) == [["a"]]
    assert cells_of(sheet_of(tmp_path, "- vendor_id: a\n", "V.YML")) == [["a"]]


def test_missing_file(tmp_path: Path) -> None:
    """A file that does not exist is named with its folder."""
    message = refusal(tmp_path / "none.csv")
    assert message.startswith("none.csv: no such file in ")
    assert message.endswith("expected the path of a file that exists")


@pytest.mark.parametrize("ending", ["csv", "xlsx", "yaml"])
def test_folder_instead_of_a_file(tmp_path: Path, ending: str) -> None:
    """A folder with the name of a file is refused."""
    (tmp_path / f"v.{ending}").mkdir()
    assert refusal(tmp_path / f"v.{ending}") == (
        f"v.{ending}: is a directory; expected a file that can be read"
    )


def test_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be read is refused with the system's reason."""

    def denied(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    assert "v.csv: permission denied; expected a file that can be read" in refusal(
        tmp_path / "v.csv"
    )


@pytest.mark.parametrize("folder", ["x" * 300, "a\0b"], ids=["long", "zero byte"])
def test_paths_that_cannot_be(folder: str) -> None:
    """A path that the system does not know at all is refused like a file that is missing."""
    assert refusal(Path(folder) / "v.csv").endswith("expected a file that can be read")


# CSV


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=repr)
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["", "mark"])
def test_delimiters_and_line_ends(tmp_path: Path, delimiter: str, end: str, mark: str) -> None:
    """Comma, semicolon and tab separate cells, with every line end and a byte-order mark."""
    others = ",;\t".replace(delimiter, "") * 9  # which settle nothing outside of the heading
    lines = (("vendor_id", "name"), ("a", f"x{delimiter}{others}y"), ("b", '"five"'))
    text = end.join(
        delimiter.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines
    )
    sheet = sheet_of(tmp_path, mark + text + end)
    assert sheet.headings == lines[0]
    assert [(row.number, *row.cells.values()) for row in sheet.rows] == [
        (2, *lines[1]),
        (3, *lines[2]),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
@pytest.mark.parametrize("line", ["sep=;", "SEP=;", "sep=|", "sep=\t"], ids=repr)
def test_declared_delimiter(tmp_path: Path, line: str, end: str) -> None:
    """A first line `sep=;` names the delimiter and is no row, as in a spreadsheet."""
    text = end.join([line, line[-1].join(["vendor_id", "a,b,c"]), line[-1].join(["x", "1,5"]), ""])
    sheet = sheet_of(tmp_path, text)
    assert sheet.heading_row == 1
    assert [(row.number, row.cells) for row in sheet.rows] == [
        (2, {"vendor_id": "x", "a,b,c": "1,5"})
    ]
    assert sheet.decimals is Decimals.COMMA


def test_text_stays_text(tmp_path: Path) -> None:
    """Nothing of a CSV file is converted, not even words for empty, true and dates."""
    words = ["007", "no", "NA", "null", "2024-01-01", "1e3", "=1+1", "TRUE", " x "]
    text = "\n".join([",".join(f"h{i}" for i in range(len(words))), ",".join(words)])
    assert cells_of(sheet_of(tmp_path, text)) == [words]


def test_quoted_cells(tmp_path: Path) -> None:
    """A quoted cell may hold delimiters, quotes and line breaks; rows are counted, not lines."""
    sheet = sheet_of(tmp_path, 'a,b\n"x,\ny","say ""hi"""\nz,\n')
    assert [(row.number, *row.cells.values()) for row in sheet.rows] == [
        (2, "x,\ny", 'say "hi"'),
        (3, "z", ""),
    ]


def test_blank_rows_and_columns(tmp_path: Path) -> None:
    """Blank rows and trailing blank columns are left out, and the numbers of rows stay."""
    sheet = sheet_of(tmp_path, "\n,,,\na,b,,\n\n1,2,,\n , ,\n3,4, \n\n,\n")
    assert sheet.headings == ("a", "b")
    assert sheet.heading_row == 3
    assert [(row.number, *row.cells.values()) for row in sheet.rows] == [
        (5, "1", "2"),
        (7, "3", "4"),
    ]
    assert not sheet.problems


def test_ragged_rows(tmp_path: Path) -> None:
    """A row with too few or too many cells is a problem of its own, and left out."""
    sheet = sheet_of(tmp_path, "a,b\n1\n2,3,4\n5,6\n")
    assert cells_of(sheet) == [["5", "6"]]
    assert said(sheet) == messages(
        """
        v.csv, row 2: has 1 cells for 2 headings; expected a cell per heading, empty ones included
        v.csv, row 3: has 3 cells for 2 headings; expected a heading above every cell
          (in a CSV file, a text with the delimiter in it must be quoted)
        """
    )


def test_rows_torn_by_a_comma(tmp_path: Path) -> None:
    """A decimal comma without quotes is noticed although what it pushes out is blank."""
    sheet = sheet_of(tmp_path, "a,b,c\nx,1,5,\ny,2,\n")
    assert cells_of(sheet) == [["y", "2", ""]]
    assert [problem.row for problem in sheet.problems] == [2]


def test_headings(tmp_path: Path) -> None:
    """Every heading that stands twice or is empty is reported, and rows are read all the same."""
    sheet = sheet_of(tmp_path, "a, a,,b ,b,c\n1,2,3,4,5,6\n")
    assert said(sheet) == messages(
        """
        v.csv, row 1: cell 3 is empty; expected a name in every heading
        v.csv, row 1, a: stands twice; expected every heading once
        v.csv, row 1, b: stands twice; expected every heading once
        """
    )
    assert len(sheet.rows) == 1


@pytest.mark.parametrize("rest", ['"open\nz,w\n', '"x"y,z\n', f"{'x' * 200_000},z\n"])
def test_cells_that_cannot_be_told_apart(tmp_path: Path, rest: str) -> None:
    """Where quotes go wrong the row is named, and the rows before it are read."""
    sheet = sheet_of(tmp_path, "a,b\n1,2\n" + rest)
    (message,) = said(sheet)
    assert message.startswith("v.csv, row 3: cannot be split into cells, nor what follows it (")
    assert cells_of(sheet) == [["1", "2"]]


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("vendor_id\nMüller\n".encode("latin-1"), "byte 12 is no UTF-8"),
        ("vendor_id\na\n".encode("utf-16"), "byte 1 is no UTF-8"),
        ("vendor_id\na\n".encode("utf-16-be"), "holds zero bytes"),
        (b"vendor_id\na\0b\n", "holds zero bytes"),
        (b"vendor_id\n\xed\xa0\x80\n", "byte 11 is no UTF-8"),
    ],
    ids=["latin-1", "utf-16", "utf-16 without mark", "zero byte", "lone surrogate"],
)
def test_other_encodings(tmp_path: Path, content: bytes, wrong: str) -> None:
    """Text that is not UTF-8 is refused with the first byte that is not, never guessed at."""
    assert refusal(written(tmp_path / "v.csv", content)) == (
        f"v.csv: {wrong}; expected text in UTF-8 (in a spreadsheet: save as 'CSV UTF-8')"
    )
    assert refusal(written(tmp_path / "v.yaml", content)) == (
        f"v.yaml: {wrong}; expected text in UTF-8"
    )


@pytest.mark.parametrize("content", ["", "\n\n", " , ,\n,,\n", "\ufeff", "sep=;\n"], ids=repr)
def test_empty_csv(tmp_path: Path, content: str) -> None:
    """A file without a heading is refused as empty."""
    assert refusal(written(tmp_path / "v.csv", content)) == (
        "v.csv: is empty; expected a heading and at least one row"
    )


@pytest.mark.parametrize(
    ("text", "decimals"),
    [
        ('a,b\n1,"1,5"\n', Decimals.POINT),
        ("a;b\n1;2\n", Decimals.EITHER),
        ("a;b\n1.5;2\n", Decimals.EITHER),
        ("a;b\n1,234;2\n", Decimals.EITHER),
        ("a;b\n0,234;2\n", Decimals.COMMA),
        ("a;b\n1,5;2.5\n", Decimals.COMMA),
        ("a;b\n1;1..2,5..3\n", Decimals.COMMA),
        ("a\tb\n-1,5e3\t2\n", Decimals.COMMA),
        ("a;b;1,5\n1;2;3\n", Decimals.EITHER),
        ("a;b\n1;one, two\n", Decimals.EITHER),
    ],
)
def test_decimals_of_a_file(tmp_path: Path, text: str, decimals: Decimals) -> None:
    """A comma is decimal where a file without commas between cells writes one beyond doubt."""
    assert sheet_of(tmp_path, text).decimals is decimals


# workbooks


def test_types_of_a_workbook(tmp_path: Path) -> None:
    """A workbook's cells keep their types, and its text may write either decimals."""
    moment = datetime.datetime(2024, 1, 2)  # noqa: DTZ001 - as a workbook holds it
    values = ["007", 7, 0.5, True, moment, "1,5", None]
    sheet = read_sheet(workbook(tmp_path / "v.xlsx", grid("abcdefg", values)))
    assert cells_of(sheet) == [["007", 7, 0.5, True, moment, "1,5", ""]]
    assert [type(cell) for cell in cells_of(sheet)[0][:4]] == [str, int, float, bool]
    assert sheet.decimals is Decimals.EITHER


def test_formulas_count_with_their_last_result(tmp_path: Path) -> None:
    """A formula counts with what it gave when the workbook was saved, an error included."""
    path = workbook(tmp_path / "v.xlsx", grid("abcd", ["=1+1", '="x"&"y"', "=1/0", "=NA()"]))
    for formula, result in (
        ("1+1</f><v />", "1+1</f><v>2</v>"),
        ('<c r="B2"><f>"x"&amp;"y"</f><v />', '<c r="B2" t="str"><f>"x"&amp;"y"</f><v>xy</v>'),
        ('<c r="C2"><f>1/0</f><v />', '<c r="C2" t="e"><f>1/0</f><v>#DIV/0!</v>'),
        ('<c r="D2"><f>NA()</f><v />', '<c r="D2" t="e"><f>NA()</f><v>#N/A</v>'),
    ):
        patched(path, formula, result)
    (number, text, error, missing) = cells_of(read_sheet(path))[0]
    assert (number, text, missing) == (2, "xy", "")
    assert isinstance(error, UnreadableCellError)
    assert (error.shown, error.wrong) == ("#DIV/0!", "is an error of the spreadsheet")


def test_formulas_never_calculated(tmp_path: Path) -> None:
    """A formula without a result cannot be read, and is shown."""
    ((cell,),) = cells_of(read_sheet(workbook(tmp_path / "v.xlsx", grid("a", ["=1+1"]))))
    assert isinstance(cell, UnreadableCellError)
    assert (cell.shown, cell.wrong) == (
        "=1+1",
        "is a formula that was never calculated, or gives an empty text",
    )


def test_error_cells(tmp_path: Path) -> None:
    """An error cell cannot be read, but for #N/A, which is empty."""
    ((error, missing),) = cells_of(
        read_sheet(workbook(tmp_path / "v.xlsx", grid("ab", ["#DIV/0!", "#N/A"])))
    )
    assert isinstance(error, UnreadableCellError)
    assert error.shown == "#DIV/0!"
    assert missing == ""


def test_dates_beyond_the_calendar(tmp_path: Path) -> None:
    """A number that is formatted as a date and is none cannot be read."""

    def edit(sheet: Worksheet) -> None:
        grid("a", [1e10])(sheet)
        sheet["A2"].number_format = "yyyy-mm-dd"

    ((cell,),) = cells_of(read_sheet(workbook(tmp_path / "v.xlsx", edit)))
    assert isinstance(cell, UnreadableCellError)


def _sheets(*names: str) -> Callable[[Worksheet], None]:
    def edit(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        sheet.title = names[0]
        for name in names:
            one = sheet if name == names[0] else sheet.parent.create_sheet(name)
            grid(["a"], [name])(one)

    return edit


def test_one_sheet_of_any_name(tmp_path: Path) -> None:
    """A single sheet may have any name; among several the one named vendors is read."""
    assert cells_of(read_sheet(workbook(tmp_path / "v.xlsx", _sheets("List")))) == [["List"]]
    several = workbook(tmp_path / "v.xlsx", _sheets("Notes", "vendors", "Old"))
    assert cells_of(read_sheet(several)) == [["vendors"]]


def test_several_sheets(tmp_path: Path) -> None:
    """Several sheets none of which is named vendors are refused with their names."""
    assert refusal(workbook(tmp_path / "v.xlsx", _sheets("One", "T\u202ewo"))) == (
        "v.xlsx: has the sheets One, T\\u202ewo; expected a single sheet, or one named vendors"
    )


def test_merged_cells(tmp_path: Path) -> None:
    """Cells under a merged one cannot be read; merged blank cells are blank."""

    def edit(sheet: Worksheet) -> None:
        grid("ab", ["x", 5], ["y", None], ["z", 7])(sheet)
        sheet.merge_cells("B2:B3")
        sheet.merge_cells("A7:B8")

    sheet = read_sheet(workbook(tmp_path / "v.xlsx", edit))
    first, second, third = cells_of(sheet)
    assert (first, third) == (["x", 5], ["z", 7])
    assert isinstance(second[1], UnreadableCellError)
    assert second[1].wrong == "belongs to the merged cells B2:B3"


def test_a_cell_merged_with_itself(tmp_path: Path) -> None:
    """A merge of one cell changes nothing."""
    path = workbook(tmp_path / "v.xlsx", grid("a", ["x"]))
    patched(path, "</sheetData>", '</sheetData><mergeCells><mergeCell ref="A2"/></mergeCells>')
    assert cells_of(read_sheet(path)) == [["x"]]


def test_headings_of_a_workbook(tmp_path: Path) -> None:
    """A heading that is merged, a formula or empty is reported, a merge once."""

    def edit(sheet: Worksheet) -> None:
        grid(["a", None, None, "=1+1", None, "f"], range(6))(sheet)
        sheet.merge_cells("A1:C1")

    wrong = [p.wrong for p in read_sheet(workbook(tmp_path / "v.xlsx", edit)).problems]
    assert wrong == [
        "a cell belongs to the merged cells A1:C1",
        "a cell is a formula that was never calculated, or gives an empty text",
        "cell 5 is empty",
    ]


def test_formatted_blank_cells(tmp_path: Path) -> None:
    """Cells with a format and no value beyond the table are blank."""

    def edit(sheet: Worksheet) -> None:
        grid("ab", ["x", "y"])(sheet)
        sheet["F40"].number_format = "0.00"

    sheet = read_sheet(workbook(tmp_path / "v.xlsx", edit))
    assert cells_of(sheet) == [["x", "y"]]
    assert sheet.headings == ("a", "b")


def test_a_stray_cell_far_away(tmp_path: Path) -> None:
    """A worksheet whose last cell is at the end of the world is refused, not unrolled."""

    def edit(sheet: Worksheet) -> None:
        grid("ab", ["x", "y"])(sheet)
        sheet.cell(1_048_576, 16_384, "stray")

    assert refusal(workbook(tmp_path / "v.xlsx", edit)) == (
        "v.xlsx: has 1,048,576 rows of 16,384 columns; expected at most 2,000,000 cells (delete "
        "the rows and columns beyond the table)"
    )


def test_what_is_no_workbook(tmp_path: Path) -> None:
    """Whatever cannot be opened as a workbook is refused as such."""
    good = workbook(tmp_path / "good.xlsx", grid("a", ["x"])).read_bytes()
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("hello.txt", "hello")
    for content in (
        b"",
        b"a,b\n1,2\n",
        good[: len(good) // 2],
        (tmp_path / "other.zip").read_bytes(),
    ):
        message = refusal(written(tmp_path / "v.xlsx", content))
        assert message.startswith("v.xlsx: cannot be opened (")
        assert message.endswith("); expected an Excel workbook (.xlsx)")


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        ("xl/worksheets/sheet1.xml", "</sheetData>", "</sheet"),
        ("xl/worksheets/sheet1.xml", 'r="A2"', 'r="2A"'),
        ("xl/workbook.xml", "<sheets>", "<sheets><sheet/>"),
        ("xl/styles.xml", "<fonts", "<fonts bold='x'"),
        ("xl/worksheets/sheet1.xml", "<worksheet", "<!DOCTYPE a [<!ENTITY b 'c'>]><worksheet"),
    ],
    ids=["no XML", "no coordinate", "a sheet without a name", "no style", "an entity"],
)
def test_broken_parts_of_a_workbook(tmp_path: Path, part: str, old: str, new: str) -> None:
    """A workbook with a broken part is read or refused, whatever its reader stumbles over."""
    path = patched(workbook(tmp_path / "v.xlsx", grid("a", ["x"])), old, new, part)
    try:
        found = cells_of(read_sheet(path))
    except InputError as error:
        found = str(error).partition(" (")[0]
    assert found in ([["x"]], "v.xlsx: cannot be opened")


def test_a_workbook_that_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook that is huge once unpacked is refused before it is."""
    monkeypatch.setattr(workbook_file, "MOST_BYTES", 1000)
    assert "more than 1,000 bytes when unpacked" in refusal(
        workbook(tmp_path / "v.xlsx", grid("a", ["x"]))
    )


def test_features_that_are_not_read(tmp_path: Path) -> None:
    """What a workbook holds beside its cells is passed over without a warning."""
    path = workbook(tmp_path / "v.xlsx", grid("a", ["x"]))
    uri = "{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"  # of data validations across sheets
    patched(path, "</worksheet>", f'<extLst><ext uri="{uri}"/></extLst></worksheet>')
    assert cells_of(read_sheet(path)) == [["x"]]


# YAML


@pytest.fixture(params=["libyaml", "Python"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both parsers of PyYAML: the one in C, and the one in Python where that is missing."""
    chosen = tree.YAML_LOADER if request.param == "libyaml" else yaml.BaseLoader
    monkeypatch.setattr(tree, "YAML_LOADER", chosen)


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    "scalar",
    [
        *("007", "no", "yes", "null", "~", "true", "2024-01-01", "1_000", "0x10", "1e3", ".inf"),
        *("12:30:45", "1..2..3", "=1+1", "NA", "-"),
    ],
)
def test_yaml_converts_nothing(tmp_path: Path, scalar: str) -> None:
    """Every scalar of a YAML file is the text that stands there."""
    text = f"- vendor_id: {scalar}\n  name: '{scalar}'\n" if scalar != "-" else "- a: '-'\n"
    assert {cell for row in cells_of(sheet_of(tmp_path, text, "v.yaml")) for cell in row} == {
        scalar
    }


@pytest.mark.usefixtures("loader")
def test_shapes_of_yaml(tmp_path: Path) -> None:
    """Vendors are a list, or a list under `vendors`; a row's number is the line it starts on."""
    text = "- {a: 1}\n- a: 2\n  b: !!str 3\n# comment\n- b: [x, {y: z}]\n  c:\n"
    for content in (text, "---\nvendors:\n" + text, "\ufeffvendors:\n" + text):
        sheet = sheet_of(tmp_path, content, "v.yaml")
        assert [row.cells for row in sheet.rows] == [
            {"a": "1"},
            {"a": "2", "b": "3"},
            {"b": ["x", {"y": "z"}], "c": ""},
        ]
        first = content.count("\n") - text.count("\n") + 1
        assert [row.number for row in sheet.rows] == [first, first + 1, first + 4]
        assert (sheet.headings, sheet.row_word) == (("a", "b", "c"), "line")
        assert not sheet.problems


def test_what_stands_beside_the_vendors(tmp_path: Path) -> None:
    """A key beside `vendors` is reported, and the vendors are read."""
    sheet = sheet_of(tmp_path, "vendors:\n- a: 1\ncurrency: EUR\n", "v.yaml")
    assert said(sheet) == ["v.yaml, line 3, currency: expected nothing beside the list `vendors`"]
    assert len(sheet.rows) == 1


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "---\n", "a: b\n", "word\n", "vendors: 5\n", "vendors: {a: b}\n"]
)
def test_yaml_without_vendors(tmp_path: Path, text: str) -> None:
    """A YAML file without a list of vendors is refused with the shape that is read."""
    assert refusal(written(tmp_path / "v.yaml", text)) == (
        "v.yaml: holds no such list; expected a list of vendors, each a mapping column: value"
    )


def test_items_that_are_no_vendors(tmp_path: Path) -> None:
    """Every item that is no mapping is reported with its line, and the others are read."""
    sheet = sheet_of(tmp_path, "- a: 1\n- word\n- [x]\n- b: 2\n-\n", "v.yaml")
    assert said(sheet) == [
        "v.yaml, line 2, word: expected a vendor as column: value",
        "v.yaml, line 3, ['x']: expected a vendor as column: value",
        "v.yaml, line 5: expected a vendor as column: value",
    ]
    assert len(sheet.rows) == 2


@pytest.mark.usefixtures("loader")
def test_yaml_keys(tmp_path: Path) -> None:
    """A key that stands twice or is no text is reported; nothing is overwritten silently."""
    text = "- a: 1\n  b: 2\n  a: 3\n  ? [x, y]\n  : 4\n  !!int 5: 6\n"
    sheet = sheet_of(tmp_path, text, "v.yaml")
    assert said(sheet) == [
        "v.yaml, line 3, a: stands twice; expected every key once, as plain text",
        "v.yaml, line 4, ['x', 'y']: is no plain text; expected every key once, as plain text",
        "v.yaml, line 6, !!int: is no plain text; expected every key once, as plain text",
    ]
    assert cells_of(sheet) == [["1", "2"]]


@pytest.mark.usefixtures("loader")
def test_mappings_with_keys_of_any_kind(tmp_path: Path) -> None:
    """A mapping in a cell is kept whatever its keys are, for the message."""
    assert cells_of(sheet_of(tmp_path, "- a: {[1, 2]: 3, ? {x: y} : z}\n", "v.yaml")) == [
        [{"['1', '2']": "3", "{'x': 'y'}": "z"}]
    ]


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("!!python/object/apply:pathlib.Path.touch [executed]", "!!python/object/apply:"),
        ("!!python/name:os.system ''", "!!python/name:os.system"),
        ("!!binary aGVsbG8=", "!!binary"),
        ("!!float 5", "!!float"),
        ("!own {x: [1, 2]}", "!own"),
    ],
)
def test_yaml_tags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, shown: str) -> None:
    """A tag is not acted upon: its cell cannot be read, and what follows it is."""
    monkeypatch.chdir(tmp_path)
    ((cell, after),) = cells_of(sheet_of(tmp_path, f"- a: {value}\n  b: 7\n", "v.yaml"))
    assert isinstance(cell, UnreadableCellError)
    assert cell.shown.startswith(shown)
    assert after == "7"
    assert [path.name for path in tmp_path.iterdir()] == ["v.yaml"]


@pytest.mark.usefixtures("loader")
def test_yaml_aliases(tmp_path: Path) -> None:
    """An alias is not followed, so that nothing can refer to itself or grow."""
    text = "- &x {a: &y [1, 2], b: *y, c: *x}\n- *x\n"
    sheet = sheet_of(tmp_path, text, "v.yaml")
    ((values, *aliases),) = cells_of(sheet)
    assert values == ["1", "2"]
    assert [(cell.shown, cell.wrong) for cell in aliases] == [
        ("*y", "is an alias"),
        ("*x", "is an alias"),
    ]
    assert said(sheet) == ["v.yaml, line 2, *x: expected a vendor as column: value"]


@pytest.mark.usefixtures("loader")
def test_yaml_that_explodes(tmp_path: Path) -> None:
    """A file whose aliases would unfold to ten to the tenth texts is read as it stands."""
    levels = [f"- a: &n{i} [{', '.join([f'*n{i - 1}'] * 10)}]\n" for i in range(1, 10)]
    text = "- a: &n0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(levels)
    assert len(sheet_of(tmp_path, text, "v.yaml").rows) == 10


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 9 + "x", "{a: " * 50 + "}" * 50])
def test_yaml_nested_deeply(tmp_path: Path, text: str) -> None:
    """Nesting without end is refused before it exhausts anything."""
    assert refusal(written(tmp_path / "v.yaml", text)) == (
        "v.yaml: lists or mappings nested more than 8 levels deep; expected YAML"
    )


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("- a: 1\n  b: 'open\n", None),
        ("- a: 1\n  b: ]\n", 2),
        ("- a: 1\n\tb: 2\n", 2),
        ("- a: *unknown ]\n", 1),
        ("- a: `x`\n", 1),
        ("- a: x\x07\n", None),
        ("- a: 1\n b: 2\n", 2),
    ],
    ids=repr,
)
def test_broken_yaml(tmp_path: Path, text: str, line: int | None) -> None:
    """What is no YAML is refused with the parser's reason, and its line where it is known."""
    message = refusal(written(tmp_path / "v.yaml", text))
    assert message.startswith("v.yaml" if line is None else f"v.yaml, line {line}: ")
    assert message.endswith("; expected YAML")
    assert "\n" not in message


def test_several_yaml_documents(tmp_path: Path) -> None:
    """A second document in a file is refused."""
    assert refusal(written(tmp_path / "v.yaml", "- a: 1\n---\n- a: 2\n")) == (
        "v.yaml, line 3: is another; expected one document"
    )
