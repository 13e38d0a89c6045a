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

// ---- the figures of a chart as a table, made when it is asked for

function listed(values) {
  if (!values || Array.isArray(values)) return values ?? [];
  const bytes = Uint8Array.from(atob(values.bdata), (c) => c.charCodeAt(0)).buffer;
  const types = { i1: Int8Array, u1: Uint8Array, i2: Int16Array, i4: Int32Array };
  return Array.from(new ({ ...types, f4: Float32Array, f8: Float64Array }[values.dtype])(bytes));
}

function plainText(escaped) {
  const text = String(escaped).replaceAll("<br>", " ");
  return new DOMParser().parseFromString(text, "text/html").body.textContent;
}

function figure(value) {
  if (typeof value !== "number") return value ?? "";
  return value.toLocaleString("en-US", { maximumSignificantDigits: 5 }).replace("-", "−");
}

function tableOf(headings, rows, caption) {
  const table = document.createElement("table");
  table.createCaption().textContent = caption;
  const head = table.createTHead().insertRow();
  for (const text of headings) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = text;
    head.append(cell);
  }
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const value of row) line.insertCell().textContent = figure(value);
  }
  const box = document.createElement("div");
  box.className = "acquire-table";
  box.tabIndex = 0;
  box.append(table);
  return box;
}

// every seventh or so of a map's cells, by the names of its colours
function mapOf({ z, x0, dx, y0, dy }, names) {
  const [height, width] = z.shape.split(",").map(Number);
  const cells = listed(z);
  const places = (count) => [0, 1, 2, 3, 4, 5, 6].map((i) => Math.round((i * (count - 1)) / 6));
  const columns = places(width);
  const rows = places(height).reverse();
  return tableOf(
    ["", ...columns.map((i) => figure(x0 + i * dx))],
    rows.map((j) => [y0 + j * dy, ...columns.map((i) => names[cells[j * width + i]])]),
    "Best strategy, by the value of the vertical axis (rows) and of the horizontal one (columns)",
  );
}

function fillWithFigures(details) {
  if (details.dataset.filled) return;
  details.dataset.filled = "yes";
  const { data, layout } = JSON.parse(details.parentElement.querySelector("script").textContent);
  const titles = [layout.xaxis, layout.yaxis].map((axis) => axis?.title?.text ?? "");
  const labels = new Map();
  for (const axis of [layout.xaxis, layout.yaxis]) {
    (axis?.tickvals ?? []).forEach((key, i) => labels.set(key, plainText(axis.ticktext[i])));
  }
  const named = (value) => labels.get(value) ?? value;
  const map = data.find(({ type }) => type === "heatmap");
  if (map) {
    const names = data.filter(({ x }) => x?.length === 1 && x[0] === null).map(({ name }) => name);
    details.append(mapOf(map, names));
  }
  const rows = [];
  for (const trace of data) {
    if (trace.type === "heatmap") continue;
    const [x, y, from] = [listed(trace.x), listed(trace.y), trace.base];
    x.forEach((value, i) => {
      if (value === null || y[i] === null) return;
      const start = Array.isArray(from) ? from[i] : from;
      const end = start === undefined ? value : `${figure(start)} to ${figure(start + value)}`;
      const onBar = trace.orientation === "h" || start === undefined;
      rows.push([plainText(trace.name ?? ""), named(onBar ? end : value), named(y[i])]);
    });
  }
  const headings = ["series", ...titles.map((title, i) => plainText(title) || ["value", "row"][i])];
  if (rows.length) details.append(tableOf(headings, rows, "What the chart draws"));
}

function makeFigures() {
  for (const details of document.querySelectorAll("details.data")) {
    details.addEventListener("toggle", () => fillWithFigures(details));
  }
}

// the vendors before and after this one, as the run's list has them
function linkNeighbours() {
  const place = document.querySelector(".neighbours");
  const vendors = window.acquireVendors ?? [];
  const here = vendors.findIndex(([id]) => id === document.documentElement.dataset.vendor);
  if (!place || here < 0) return;
  for (const [step, label] of [[-1, "← "], [1, "→ "]]) {
    const neighbour = vendors[here + step];
    if (!neighbour) continue;
    const link = document.createElement("a");
    link.href = `${neighbour[0]}.html`;
    link.textContent = label + neighbour[1];
    link.rel = step < 0 ? "prev" : "next";
    place.append(" · ", link);
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
  makeFigures();
  linkNeighbours();
  const contents = document.querySelector("nav.contents details");
  if (contents) contents.open = window.matchMedia("(min-width: 92rem)").matches;
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
