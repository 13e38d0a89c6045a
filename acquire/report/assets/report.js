"use strict";
// Draws the charts of a page, and sorts and filters the table of the index.

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

function sortKey(row, column) {
  const cell = row.cells[column];
  return "sort" in cell.dataset ? Number(cell.dataset.sort) : cell.textContent.trim().toLowerCase();
}

function compare(one, other) {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other));
}

function sortTable(table, column, direction) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const missing = (key) => typeof key === "number" && Number.isNaN(key);
  rows.sort((a, b) => {
    const one = sortKey(a, column);
    const other = sortKey(b, column);
    if (missing(one) || missing(other)) return missing(one) - missing(other);
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

document.addEventListener("DOMContentLoaded", () => {
  drawCharts();
  const table = document.querySelector("table.sortable");
  if (table) {
    makeSortable(table);
    makeFilterable(document.querySelector("input[type=search]"), table);
  }
});
