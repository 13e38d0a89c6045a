"use strict";
// Draws the charts of a page, lets wide tables be scrolled, and sorts and filters the index.

const PAPER_WIDTH = 680; // pixels of an A4 or letter page within its margins

const CONFIG = {
  displaylogo: false,
  responsive: true,
  showSendToCloud: false,
  showEditInChartStudio: false,
  plotlyServerURL: "",
  modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
};

function drawCharts() {
  for (const figure of document.querySelectorAll("figure.chart")) {
    if (typeof Plotly === "undefined") {
      figure.dataset.drawn = "no";
      continue;
    }
    const { data, layout } = JSON.parse(figure.querySelector("script").textContent);
    const plot = figure.querySelector(".plot");
    plot.textContent = "";
    Plotly.newPlot(plot, data, layout, CONFIG).then(() => {
      figure.dataset.drawn = "yes";
    });
  }
}

// paper is narrower than most windows, and a chart keeps the width it was drawn with
function setWidths(width) {
  for (const plot of document.querySelectorAll("figure.chart[data-drawn=yes] .plot")) {
    Plotly.relayout(plot, width ? { width } : { width: null, autosize: true });
  }
}

// what a row is sorted by: a number, a text, or nothing where it has no such cell or figure
function sortKey(row, column) {
  const cell = row.cells[column];
  if (!cell || (column > 0 && row.dataset.failed)) return null;
  if (!("sort" in cell.dataset)) return cell.textContent.trim().toLowerCase();
  const figure = Number(cell.dataset.sort);
  return Number.isNaN(figure) ? null : figure;
}

function compare(one, other) {
  if (typeof one === "number") return one - other;
  return one.localeCompare(other, undefined, { numeric: true });
}

function sortTable(table, column, direction) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  rows.sort((a, b) => {
    const one = sortKey(a, column);
    const other = sortKey(b, column);
    if (one === null || other === null) return (one === null) - (other === null);
    return direction * compare(one, other);
  });
  body.append(...rows);
}

function makeSortable(table) {
  const headings = Array.from(table.tHead.rows[0].cells);
  headings.forEach((heading, column) => {
    const button = heading.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      const before = heading.getAttribute("aria-sort");
      // figures are wanted the largest first, words from A on
      const first = heading.dataset.first === "down" ? "descending" : "ascending";
      const second = first === "descending" ? "ascending" : "descending";
      const now = before === first ? second : first;
      for (const other of headings) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", now);
      sortTable(table, column, now === "ascending" ? 1 : -1);
    });
  });
}

function makeFilterable(input, table) {
  const count = document.querySelector("[data-count]");
  const choose = () => {
    const words = input.value.trim().toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = `${shown} of ${table.tBodies[0].rows.length} shown`;
  };
  input.addEventListener("input", choose);
  choose();
}

// a table wider than the window can be reached and scrolled with the keyboard
function makeScrollable() {
  for (const box of document.querySelectorAll(".acquire-table")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

document.addEventListener("DOMContentLoaded", () => {
  drawCharts();
  makeScrollable();
  window.addEventListener("resize", makeScrollable);
  window.addEventListener("beforeprint", () => setWidths(PAPER_WIDTH));
  window.addEventListener("afterprint", () => setWidths(null));
  const table = document.querySelector("table.sortable");
  if (table) {
    makeSortable(table);
    makeFilterable(document.querySelector("input[type=search]"), table);
  }
});
