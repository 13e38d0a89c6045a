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

const NARROW = 520; // pixels; below, labels of points would lie upon those of the axis

// plotly breaks no line of an axis' title; letters are some 7 pixels wide
function fit(data, layout, width) {
  if (width < NARROW) {
    for (const trace of data) if (trace.mode === "markers+text") trace.mode = "markers";
  }
  const labels = (layout.yaxis?.ticktext ?? []).map((text) => plainText(text).length);
  const letters = Math.max(Math.floor((width - 80 - 7 * Math.max(...labels, 0)) / 7), 16);
  for (const name of Object.keys(layout).filter((key) => /^[xy]axis/.test(key))) {
    const title = layout[name].title;
    if (!title?.text || title.text.includes("<br>")) continue;
    const room = name.startsWith("x") ? letters : 48;
    const lines = [""];
    for (const word of title.text.split(" ")) {
      const line = lines[lines.length - 1];
      if (line && line.length + 1 + word.length > room) lines.push(word);
      else lines[lines.length - 1] = line ? `${line} ${word}` : word;
    }
    title.text = lines.join("<br>");
  }
}

function drawCharts() {
  for (const figure of document.querySelectorAll("figure.chart")) {
    if (typeof Plotly === "undefined") {
      figure.dataset.drawn = "no";
      continue;
    }
    const { data, layout } = JSON.parse(figure.querySelector("script").textContent);
    const plot = figure.querySelector(".plot");
    plot.textContent = "";
    fit(data, layout, plot.clientWidth);
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

const WORDS = new Intl.Collator(undefined, { numeric: true });

function compare(one, other) {
  return typeof one === "number" ? one - other : WORDS.compare(one, other);
}

const MOST_ROWS = 100; // in the page at once: a browser takes a second to lay out a thousand

// The index: all its rows, of which the page holds the first of those that are wanted, in order
class Index {
  constructor(table) {
    this.table = table;
    this.body = table.tBodies[0];
    this.rows = Array.from(this.body.rows, (row) => ({ row, keys: [] }));
    this.search = document.querySelector("input[type=search]");
    this.verdict = document.querySelector("[data-verdicts]");
    this.count = document.querySelector("[data-count]");
    this.more = document.querySelector("[data-more]");
    this.all = this.rows.length <= 1.5 * MOST_ROWS;
    this.makeSortable();
    this.search.addEventListener("input", () => this.show());
    this.verdict.addEventListener("change", () => this.show());
    this.more.addEventListener("click", () => {
      this.all = true;
      this.show();
    });
    // paper and the browser's own search get all of them
    window.addEventListener("beforeprint", () => this.show(true));
    window.addEventListener("afterprint", () => this.show());
    this.show();
  }

  makeSortable() {
    const headings = Array.from(this.table.tHead.rows[0].cells);
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
        this.sort(column, now === "ascending" ? 1 : -1);
      });
    });
  }

  sort(column, direction) {
    for (const each of this.rows) {
      if (!(column in each.keys)) each.keys[column] = sortKey(each.row, column);
    }
    this.rows.sort((a, b) => {
      const one = a.keys[column];
      const other = b.keys[column];
      if (one === null || other === null) return (one === null) - (other === null);
      return direction * compare(one, other);
    });
    this.show();
  }

  show(whole = this.all) {
    const words = this.search.value.trim().toLowerCase().split(/\s+/);
    const verdict = this.verdict.value;
    const wanted = this.rows.filter((each) => {
      each.text ??= each.row.textContent.toLowerCase();
      const right = !verdict || each.row.dataset.verdict === verdict;
      return right && words.every((word) => each.text.includes(word));
    });
    const shown = whole ? wanted : wanted.slice(0, MOST_ROWS);
    this.body.replaceChildren(...shown.map(({ row }) => row));
    const total = this.rows.length;
    this.count.textContent =
      shown.length < wanted.length
        ? `${shown.length} shown of ${wanted.length} found, ${total} in all`
        : `${wanted.length} of ${total} shown`;
    this.more.hidden = shown.length === wanted.length;
  }
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
  if (table) new Index(table);
});
