// Shows an explorer and says what its user does. All that is shown comes from the kernel, one
// state at a time; nothing is computed here but where a slider stands while it is being moved.

const CONFIG = {
  displaylogo: false,
  displayModeBar: false,
  showSendToCloud: false,
  showEditInChartStudio: false,
  plotlyServerURL: "",
};
const MARGIN = { l: 60, r: 16, t: 22, b: 48 };
const PICTURE = { width: 760, margin: { l: 210, t: 60, b: 100 } };
const LABELLED = { payoffs: 150, tornado: 170, flips: 170, safety: 150 }; // pixels for row labels
const LINE = 22; // characters of a row's label on one line
const TEXTS_BESIDE = { flips: 90, safety: 50 }; // pixels for texts beyond the last mark
const HEIGHT = 320;
const GLYPHS = {
  circle: "●",
  "circle-open": "○",
  "circle-x": "⊗",
  diamond: "◆",
  "diamond-open": "◇",
  "line-ns": "❙",
  square: "■",
  "square-open": "□",
  "triangle-up": "▲",
  x: "✖",
};
const PAUSE = 2000; // milliseconds after which a change of the same input is one of its own
const LOST = 15000; // milliseconds after which an answer is no longer waited for

// a row's label on two lines where it is long
function wrapped(label) {
  if (label.length <= LINE) return label;
  const at = label.lastIndexOf(" ", LINE);
  return at < 1 ? label : `${label.slice(0, at)}<br>${label.slice(at + 1)}`;
}

const text = (bytes) => new TextDecoder().decode(bytes);

// elements: make("button", { className: "x", onclick: f }, child, …)
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

// plotly.js, once per page and version however many explorers there are; what another extension
// has put under its global name stays there
async function library(model) {
  const id = model.get("library").replace("IPY_MODEL_", "");
  const key = Symbol.for(`acquire plotly ${model.get("plotly_version")}`);
  window[key] ??= (async () => {
    const holder = await model.widget_manager.get_model(id);
    const parts = ["(function (module, define) {", holder.get("source"), "\n}).call(window);"];
    const address = URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
    const before = window.Plotly;
    await new Promise((done, failed) => {
      document.head.append(make("script", { src: address, onload: done, onerror: failed }));
    });
    URL.revokeObjectURL(address);
    const plotly = window.Plotly;
    if (before) window.Plotly = before;
    return plotly;
  })();
  return window[key];
}

// ---- sending: one message under way; of what comes meanwhile the latest per input waits

class Outbox {
  constructor(model, view, changed) {
    const waiting = new Map();
    Object.assign(this, { model, view, changed, last: 0, underWay: 0, since: 0, waiting });
  }

  put(key, message) {
    this.waiting.delete(key);
    this.waiting.set(key, message);
    this.next();
    this.changed(this.idle);
  }

  next() {
    if (this.underWay && performance.now() - this.since < LOST) return;
    for (const [key, message] of this.waiting) {
      this.waiting.delete(key);
      this.key = key;
      this.underWay = ++this.last;
      this.since = performance.now();
      this.model.send({ ...message, view: this.view, id: this.underWay });
      return;
    }
  }

  answered([view, id]) {
    if (view !== this.view || id !== this.underWay) return;
    this.underWay = 0;
    this.next();
    this.changed(this.idle);
  }

  // whether something of this kind has yet to be answered
  holds(key) {
    return this.waiting.has(key) || (this.underWay > 0 && this.key === key);
  }

  get idle() {
    return !this.underWay && !this.waiting.size;
  }
}

// ---- one control

class Control {
  constructor(spec, explorer) {
    Object.assign(this, { spec, explorer, gesture: 0, moved: 0, wanted: null });
    const id = `${explorer.view}-${spec.name}`;
    const numeric = spec.kind === "number" || spec.kind === "whole number";
    this.said = make("span", { className: "said" });
    this.refused = make("p", { className: "refused", role: "alert", hidden: true, id: `${id}-no` });
    this.reset = make(
      "button",
      {
        className: "reset",
        type: "button",
        title: "Back to what was given",
        "aria-label": `Reset ${spec.label}`,
        hidden: true,
        onclick: () => this.tell({ do: "reset" }),
      },
      "↺",
    );
    const words = spec.unit.replace("money", explorer.model.get("form").currency);
    const unit = words ? [make("span", { className: "unit" }, words)] : [];
    const meaning = [spec.meaning, spec.allowed, spec.default && `default ${spec.default}`];
    const about = meaning.filter(Boolean).join("; ");
    this.label = make("label", { for: `${id}-box` }, spec.label);
    this.about = make("span", { hidden: true, id: `${id}-about` }, about);
    const row = make("div", { className: "boxes" });
    if (spec.kind === "choice") {
      const options = ["", ...spec.choices].map((choice) =>
        make("option", { value: choice }, choice.replace("_", " ") || `default (${spec.default})`),
      );
      this.boxes = [make("select", {}, ...options)];
    } else {
      const parts = spec.ranged ? ["", "P10 of ", "P90 of "] : [""];
      this.boxes = parts.map((part) =>
        make("input", {
          type: "text",
          inputMode: numeric ? "decimal" : "text",
          autocomplete: "off",
          spellcheck: false,
          "aria-label": `${part}${spec.label}`,
        }),
      );
    }
    this.boxes[0].id = `${id}-box`;
    this.boxes[0].setAttribute("aria-label", spec.label);
    for (const box of this.boxes) {
      box.setAttribute("aria-describedby", `${id}-about ${id}-no`);
      box.addEventListener("change", () => this.entered());
      box.addEventListener("keydown", (event) => this.keyInBox(event, box));
    }
    if (spec.ranged) {
      // low, mid, high in the order in which they are read
      const [mid, low, high] = this.boxes;
      this.range = make("button", {
        type: "button",
        className: "range",
        onclick: () => this.tell({ do: "uncertain" }),
      });
      low.title = "P10: one in ten is lower";
      mid.title = "P50";
      high.title = "P90: one in ten is higher";
      row.append(low, mid, high, this.said, this.range);
    } else {
      row.append(...this.boxes, this.said);
    }
    this.element = make(
      "div",
      { className: "control" },
      make("div", { className: "head" }, this.label, ...unit, this.reset),
    );
    this.element.dataset.name = spec.name;
    for (const event of ["focusin", "pointerenter"]) {
      this.element.addEventListener(event, () => explorer.explain(spec.label, about));
    }
    if (numeric) {
      this.slider = make("input", {
        type: "range",
        step: "any",
        "aria-label": `${spec.label}, slider`,
      });
      this.slider.setAttribute("aria-describedby", `${id}-about ${id}-no`);
      this.slider.addEventListener("keydown", (event) => this.keyOnSlider(event));
      this.slider.addEventListener("input", () => this.slid());
      this.slider.addEventListener("pointerdown", () => this.gesture++);
      this.mark = make("span", { className: "mark", "aria-hidden": "true" });
      this.track = make("div", { className: "track" }, this.mark, this.slider);
      this.element.append(this.track);
    }
    this.element.append(row, this.about, this.refused);
  }

  get name() {
    return this.spec.name;
  }

  tell(message) {
    this.explorer.outbox.put(this.name, { ...message, name: this.name });
  }

  // what the vendor at hand makes of the control
  fit(form) {
    this.form = form;
    const sliding = Boolean(form.slider);
    if (!this.slider) return;
    this.track.hidden = !sliding;
    if (!sliding) return;
    [this.slider.min, this.slider.max, this.step] = form.slider;
    this.mark.hidden = form.mark === null;
    if (form.mark !== null) {
      const [low, high] = form.slider;
      this.mark.style.setProperty("--at", (form.mark - low) / (high - low));
      this.mark.title = `as given: ${form.given || "default"}`;
    }
  }

  show([cell, value, said], differs) {
    const parts = value.split("..");
    const ranged = parts.length === 3;
    const mid = Number(ranged ? parts[1] : parts[0]);
    this.element.classList.toggle("differs", differs);
    this.reset.hidden = !differs;
    // what was refused stays in its box with the reason, until the input itself changes
    const stays = !this.refused.hidden && this.cell === cell;
    this.cell = cell;
    if (!stays) this.refused.hidden = true;
    this.said.textContent = said;
    if (this.range) {
      this.range.textContent = ranged ? "make certain" : "make a range";
      this.range.setAttribute("aria-label", `${this.range.textContent}: ${this.spec.label}`);
      for (const box of this.boxes.slice(1)) box.hidden = !ranged;
    }
    const cells = cell.split("..");
    const texts = cells.length === 3 ? [cells[1], cells[0], cells[2]] : [cell, "", ""];
    const defaults = ranged ? [parts[1], parts[0], parts[2]] : [value, "", ""];
    this.boxes.forEach((box, i) => {
      const typing = box === document.activeElement && box.value !== box.shown;
      box.shown = texts[i];
      if (!stays) box.removeAttribute("aria-invalid");
      if (!stays && !typing) box.value = texts[i];
      if (box.tagName === "INPUT") box.placeholder = defaults[i];
    });
    if (this.slider && this.form?.slider) {
      if (mid > Number(this.slider.max)) this.slider.max = mid;
      if (mid < Number(this.slider.min)) this.slider.min = mid;
      if (this.wanted === null) this.slider.value = mid;
      this.slider.setAttribute("aria-valuetext", said);
      this.value = mid;
    }
  }

  // back to what counts, after something that was refused
  takeBack() {
    this.refused.hidden = true;
    for (const box of this.boxes) {
      box.removeAttribute("aria-invalid");
      box.value = box.shown;
    }
  }

  refuse(message) {
    this.refused.textContent = message;
    this.refused.hidden = false;
    for (const box of this.boxes) box.setAttribute("aria-invalid", "true");
    this.wanted = null;
    if (this.slider && this.value !== undefined) this.slider.value = this.value;
  }

  entered() {
    if (this.boxes.every((box) => box.value === box.shown)) {
      this.takeBack();
      return;
    }
    const texts = this.boxes.map((box) => box.value.trim());
    const certain = texts.length < 3 || this.boxes[1].hidden;
    const [mid, low, high] = texts;
    this.tell({ do: "enter", text: certain ? texts[0] : `${low}..${mid}..${high}` });
  }

  keyInBox(event, box) {
    if (event.key === "Escape") this.takeBack();
    if (event.key === "Enter") {
      event.preventDefault();
      this.entered();
      return;
    }
    const steps = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!steps || !this.form?.slider || box !== this.boxes[0]) return;
    event.preventDefault();
    this.moveBy(steps);
  }

  keyOnSlider(event) {
    const big = event.shiftKey ? 10 : 1;
    const steps = {
      ArrowRight: big,
      ArrowUp: big,
      ArrowLeft: -big,
      ArrowDown: -big,
      PageUp: 10,
      PageDown: -10,
    }[event.key];
    if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      this.moveTo(Number(event.key === "Home" ? this.slider.min : this.slider.max));
    } else if (steps && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.moveBy(steps);
    }
  }

  // from between two notches to the next one in that direction
  moveBy(steps) {
    const at = (this.wanted ?? this.value) / this.step;
    const notch = steps > 0 ? Math.floor(at + 1e-9) : Math.ceil(at - 1e-9);
    this.moveTo(this.snapped((notch + steps) * this.step));
  }

  slid() {
    this.moveTo(this.snapped(Number(this.slider.value)));
  }

  // on the grid of steps, within the slider's ends
  snapped(value) {
    const near = Math.round(value / this.step) * this.step;
    const inside = Math.min(Math.max(near, Number(this.slider.min)), Number(this.slider.max));
    return Number(inside.toPrecision(12));
  }

  moveTo(value) {
    const now = performance.now();
    if (now - this.moved > PAUSE) this.gesture++;
    this.moved = now;
    this.wanted = value;
    this.slider.value = value;
    this.tell({ do: "move", value, gesture: `${this.explorer.view} ${this.gesture}` });
  }

  settle() {
    if (this.wanted === null) return;
    this.wanted = null;
    if (this.value !== undefined) this.slider.value = this.value;
  }
}

// ---- charts

// plotly draws its legend anew at every change, which takes a quarter of the time of a chart
function legend(data) {
  const entries = data
    .filter(({ name, showlegend, x }) => name && showlegend !== false && x?.length)
    .map((trace) => {
      const { marker = {}, line = {}, mode = "", type } = trace;
      const colour = [marker.color ?? line.color].flat()[0];
      const edge = [marker.line?.color].flat()[0];
      const swatch = make("span", { className: "swatch", "aria-hidden": "true" });
      if (type === "bar") {
        swatch.classList.add(marker.pattern?.shape ? "hatched" : "filled");
        swatch.style.background = colour;
        if (edge) swatch.style.borderColor = edge;
        swatch.style.opacity = trace.opacity ?? 1;
      } else if (mode.includes("markers")) {
        const glyph = make("span", {}, GLYPHS[[marker.symbol ?? "circle"].flat()[0]] ?? "●");
        glyph.style.color = ["white", "#ffffff"].includes(colour) ? edge : colour;
        swatch.append(glyph);
      } else {
        swatch.classList.add("line");
        const dash = { dash: "dashed", dot: "dotted" }[line.dash] ?? "solid";
        swatch.style.borderTop = `${line.width ?? 2}px ${dash} ${colour}`;
      }
      return make("li", {}, swatch, html(trace.name));
    });
  return make("ul", { className: "legend" }, ...entries);
}

// text of a figure, escaped for plotly by the kernel, as the text that it is
function html(escaped) {
  return new DOMParser().parseFromString(escaped, "text/html").body.textContent;
}

class Charts {
  constructor(explorer, place) {
    Object.assign(this, { explorer, place, plots: new Map(), latest: null, drawing: false });
    this.observer = new ResizeObserver(() => this.resized());
    this.observer.observe(place);
  }

  // draw what came last, as soon as the browser has painted the figures in words
  show(charts, revision) {
    this.latest = { charts, revision };
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => setTimeout(() => this.draw()));
  }

  draw() {
    this.drawing = false;
    if (!this.latest) return;
    const { charts, revision } = this.latest;
    for (const [key, chart] of Object.entries(charts)) this.drawOne(key, chart);
    for (const [key, plot] of this.plots) {
      if (key in charts) continue;
      this.explorer.plotly.purge(plot.place);
      plot.figure.remove();
      this.plots.delete(key);
    }
    this.place.dataset.revision = revision;
    this.place.removeAttribute("aria-busy");
  }

  drawOne(key, { data, layout }) {
    let plot = this.plots.get(key);
    if (!plot) {
      const caption = make("figcaption");
      const place = make("div", { className: "plot", role: "img" });
      const named = make("div");
      const figure = make("figure", { className: "chart" }, caption, place, named);
      figure.dataset.chart = key;
      this.place.append(figure);
      plot = { figure, caption, place, named };
      this.plots.set(key, plot);
      plot.width = place.clientWidth;
    }
    const title = layout.title.text;
    if (plot.title !== title) {
      plot.caption.textContent = html(title);
      plot.place.setAttribute("aria-label", plot.caption.textContent);
      plot.title = title;
    }
    const traces = data.map(({ name, x }) => `${name} ${Boolean(x?.length)}`).join();
    if (plot.traces !== traces) {
      plot.named.replaceChildren(legend(data));
      plot.traces = traces;
    }
    plot.drawn = { data, layout };
    // with the template's settings in their places: merging them is work at every drawing
    const { layout: common } = this.explorer.template;
    const { title: _, ...own } = layout;
    const rest = { ...common, ...own };
    for (const axis of ["xaxis", "yaxis"]) {
      rest[axis] = { ...common[axis], ...own[axis], tickangle: 0 };
    }
    const height = key in LABELLED && key !== "payoffs" ? Math.max(layout.height, HEIGHT) : HEIGHT;
    const { l, r } = MARGIN;
    const margin = { ...MARGIN, l: LABELLED[key] ?? l, r: TEXTS_BESIDE[key] ?? r };
    const size = { width: plot.width, height, margin };
    const whole = { ...rest, ...size, template: "none", uirevision: key };
    whole.showlegend = false;
    if (rest.yaxis.ticktext) {
      whole.yaxis = { ...rest.yaxis, ticktext: rest.yaxis.ticktext.map(wrapped) };
    }
    this.explorer.plotly.react(plot.place, data, whole, CONFIG);
  }

  resized() {
    for (const plot of this.plots.values()) {
      const width = plot.place.clientWidth;
      if (!width || Math.abs(width - plot.width) < 2) continue;
      plot.width = width;
      this.explorer.plotly.relayout(plot.place, { width });
    }
  }

  // pictures to keep have what the page shows beside a chart: title and legend
  async pictures(format) {
    const { plotly, template } = this.explorer;
    const found = {};
    for (const [key, { drawn, caption }] of this.plots) {
      const { height = 450 } = drawn.layout;
      const scale = format === "png" ? 2 : 1;
      const size = { width: PICTURE.width, height };
      const layout = { ...drawn.layout, template, ...size };
      layout.margin = { ...MARGIN, ...PICTURE.margin };
      const address = await plotly.toImage(
        { data: drawn.data, layout, config: CONFIG },
        { format, scale, ...size },
      );
      found[key] = { address, caption: caption.textContent };
    }
    return found;
  }

  remove() {
    this.observer.disconnect();
    for (const { place } of this.plots.values()) this.explorer.plotly?.purge(place);
  }
}

// ---- the explorer

class Explorer {
  constructor(model, el) {
    this.model = model;
    this.view = crypto.randomUUID().slice(0, 8);
    this.template = model.get("template");
    this.controls = new Map();
    this.root = make("div", { className: "acquire-explorer", role: "group" });
    this.root.setAttribute("aria-label", "Explorer");
    this.root.dataset.busy = "no";
    this.outbox = new Outbox(model, this.view, (idle) => {
      this.root.dataset.busy = idle ? "no" : "yes";
    });
    // JupyterLab's shortcuts would act on arrows and letters; those with a modifier still do, but
    // for undoing. It listens first, so this has to be known before.
    this.keys = (event) => {
      const passes = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() !== "z";
      this.root.toggleAttribute("data-lm-suppress-shortcuts", !passes);
    };
    window.addEventListener("keydown", this.keys, true);
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.root.addEventListener("focusout", (event) => {
      if (!this.root.contains(event.relatedTarget)) this.leave();
    });
    this.root.addEventListener("pointerleave", () => this.leave());
    this.build();
    el.append(this.root);
    this.listeners = {
      "change:form": () => this.showForm(),
      "change:screen": () => this.show(),
      "change:analysis": () => this.showAnalysis(),
      "msg:custom": (message, buffers) => this.received(message, buffers),
    };
    for (const [event, listener] of Object.entries(this.listeners)) model.on(event, listener);
    this.showForm();
    this.show();
    this.start();
  }

  async start() {
    try {
      this.plotly = await library(this.model);
    } catch {
      this.status.textContent = "The charts could not be loaded; all figures are in the tables.";
      return;
    }
    this.showCharts();
    this.showAnalysis();
    this.root.dataset.ready = "yes";
    this.leave();
  }

  button(label, action, title = "") {
    return make("button", { type: "button", onclick: action, title }, label);
  }

  explain(label, about) {
    if (this.explained === label) return;
    this.explained = label;
    this.meaning.replaceChildren(make("strong", {}, label), ": ", about);
  }

  field(label, input) {
    input.id = `${this.view}-${label.toLowerCase()}`;
    return make("div", { className: "field" }, make("label", { for: input.id }, label), input);
  }

  build() {
    const send = (message) => this.outbox.put(message.do, message);
    this.vendor = make("select", {
      onchange: () => send({ do: "choose", vendor: this.vendor.value }),
    });
    this.undo = this.button("Undo", () => send({ do: "undo" }), "Ctrl+Z");
    this.redo = this.button("Redo", () => send({ do: "redo" }), "Ctrl+Shift+Z");
    this.pin = this.button("Pin", () => send({ do: this.pinned ? "unpin" : "pin" }));
    this.preset = make(
      "select",
      {
        onchange: () => {
          send({ do: "preset", key: this.preset.value });
          this.preset.value = "";
        },
      },
      make("option", { value: "" }, "choose …"),
      ...Object.entries(this.model.get("presets")).map(([value, label]) =>
        make("option", { value }, label),
      ),
    );
    this.file = make("input", { type: "text", placeholder: "lower-price", size: 16 });
    this.file.setAttribute("list", `${this.view}-files`);
    this.files = make("datalist", { id: `${this.view}-files` });
    const named = () => this.file.value.trim();
    this.format = make(
      "select",
      {
        onchange: () => {
          this.export(this.format.value);
          this.format.value = "";
        },
      },
      make("option", { value: "" }, "choose …"),
      ...[
        ["csv", "figures and inputs as CSV"],
        ["xlsx", "figures and inputs as XLSX"],
        ["png", "charts as PNG"],
        ["svg", "charts as SVG"],
      ].map(([value, label]) => make("option", { value }, label)),
    );
    const bar = make(
      "div",
      { className: "bar" },
      this.field("Vendor", this.vendor),
      make("div", { className: "together" }, this.undo, this.redo),
      this.field("Preset", this.preset),
      make(
        "div",
        { className: "together" },
        this.button("Reset all", () => send({ do: "preset", key: "given" })),
        this.pin,
      ),
      make(
        "div",
        { className: "together" },
        this.field("Scenario", this.file),
        this.files,
        this.button("Save", () => send({ do: "save", file: named() }), "to scenarios/<name>.yaml"),
        this.button("Load", () => send({ do: "load", file: named() })),
      ),
      this.field("Export", this.format),
    );
    this.panel = make("div", { className: "panel", role: "group", tabIndex: 0 });
    this.panel.setAttribute("aria-label", "Inputs");
    this.meaning = make("p", { className: "meaning", "aria-hidden": "true" });
    this.meaning.textContent = "What an input means stands here while you are at it.";
    this.title = make("strong", { className: "title" });
    this.hinges = make("p", { className: "hinges" });
    this.reasons = make("ol");
    this.banner = make(
      "section",
      { className: "banner" },
      this.title,
      this.hinges,
      make("details", {}, make("summary", {}, "Why"), this.reasons),
    );
    this.banner.setAttribute("aria-label", "Verdict");
    this.status = make("p", { className: "status", role: "status" });
    this.plots = make("div", { className: "charts" });
    this.charts = new Charts(this, this.plots);
    this.numbers = make("div", { className: "numbers" });
    this.conditions = make("div", { className: "numbers" });
    this.log = make("ol", { className: "log", reversed: true });
    this.analyse = this.button("Analyse", () => {
      this.status.textContent = "Analysing …";
      send({ do: "analyse" });
    });
    this.analysisNote = make("span", { className: "note" });
    this.more = make("div", { className: "charts" });
    this.moreCharts = new Charts(this, this.more);
    const views = make(
      "div",
      { className: "views" },
      this.banner,
      this.status,
      this.plots,
      make("div", { className: "tables" }, this.numbers, this.conditions),
      make(
        "section",
        {},
        make("h3", {}, "What drives it, and what would change it "),
        make("p", {}, this.analyse, " ", this.analysisNote),
        this.more,
      ),
      make("section", {}, make("h3", {}, "Changes"), this.log),
    );
    const side = make("div", { className: "side" }, this.panel, this.meaning);
    this.root.append(bar, make("div", { className: "body" }, side, views));
    for (const spec of this.model.get("controls")) {
      this.controls.set(spec.name, new Control(spec, this));
    }
  }

  showForm() {
    const form = this.model.get("form");
    const options = Object.entries(form.vendors).map(([value, label]) =>
      make("option", { value }, label),
    );
    this.vendor.replaceChildren(...options);
    this.vendor.value = form.vendor;
    const open = new Set([...this.panel.querySelectorAll("details[open]")].map((d) => d.dataset.of));
    const first = !this.panel.childElementCount;
    const groups = new Map();
    for (const control of this.controls.values()) {
      const { group } = control.spec;
      if (!groups.has(group)) groups.set(group, [[], []]);
      control.fit(form.controls[control.name]);
      groups.get(group)[control.form.usual ? 0 : 1].push(control.element);
    }
    const folded = (summary, of, children, isOpen) => {
      const details = make("details", { open: isOpen }, make("summary", {}, summary), ...children);
      details.dataset.of = of;
      return details;
    };
    this.panel.replaceChildren(
      ...[...groups].map(([group, [usual, rare]], i) => {
        const more = `${group}, more`;
        const inner = rare.length
          ? [folded(`${rare.length} more`, more, rare, open.has(more) || !usual.length)]
          : [];
        return folded(group, group, [...usual, ...inner], first ? i < 4 : open.has(group));
      }),
    );
  }

  show() {
    const screen = this.model.get("screen");
    const differs = new Set(screen.differs);
    if (screen.done) this.outbox.answered(screen.done);
    for (const control of this.controls.values()) {
      const waits = this.outbox.holds(control.name);
      if (!waits) control.wanted = null;
      const refused = screen.refused?.name === control.name;
      if (refused && this.mine(screen)) control.refuse(screen.refused.message);
      if (!waits) control.show(screen.values[control.name], differs.has(control.name));
    }
    this.vendor.value = screen.vendor;
    this.banner.dataset.verdict = screen.verdict;
    this.title.textContent = screen.title;
    this.hinges.textContent = screen.hinges;
    this.reasons.replaceChildren(...screen.reasons.map((reason) => make("li", {}, reason)));
    this.set(this.numbers, screen.numbers);
    this.set(this.conditions, screen.conditions);
    this.log.replaceChildren(...screen.log.map((entry) => make("li", {}, entry)));
    this.log.start = screen.log.length;
    this.undo.disabled = !screen.can_undo;
    this.redo.disabled = !screen.can_redo;
    this.pinned = screen.pinned;
    this.pin.textContent = screen.pinned ? "Unpin" : "Pin";
    this.pin.setAttribute("aria-pressed", Boolean(screen.pinned));
    this.pin.title = screen.pinned
      ? `Held against ${screen.pinned}`
      : "Hold everything against the case as it is now";
    this.files.replaceChildren(...screen.files.map((value) => make("option", { value })));
    this.analysisNote.textContent =
      { stale: "of an earlier state; analyse again", current: "of the case as it is" }[
        screen.analysis
      ] ?? "";
    this.more.classList.toggle("stale", screen.analysis === "stale");
    const control = screen.refused && this.controls.get(screen.refused.name);
    if (this.mine(screen)) {
      this.status.textContent = screen.said;
      this.status.classList.toggle("wrong", Boolean(screen.refused) && !control);
    }
    this.root.dataset.revision = screen.revision;
    this.showCharts();
  }

  mine(screen) {
    return !screen.done || screen.done[0] === this.view;
  }

  // tables are set anew only when they changed: what is being read or selected stays
  set(place, html) {
    if (place.shown === html) return;
    place.shown = html;
    place.innerHTML = html; // made and escaped by the kernel
  }

  showCharts() {
    const screen = this.model.get("screen");
    if (!this.plotly || this.drawn === screen.revision) return;
    this.drawn = screen.revision;
    this.charts.show(JSON.parse(text(this.model.get("charts"))), screen.revision);
  }

  showAnalysis() {
    const bytes = this.model.get("analysis");
    if (this.plotly && bytes?.byteLength) this.moreCharts.show(JSON.parse(text(bytes)), 0);
  }

  key(event) {
    const undoing = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
    const typing = event.target.matches("input[type=text]");
    if (!undoing || typing) return;
    event.preventDefault();
    const what = event.shiftKey ? "redo" : "undo";
    this.outbox.put(what, { do: what });
  }

  // once nobody is at it, the charts as they are go into the notebook, for pages without a kernel
  leave() {
    clearTimeout(this.leaving);
    this.leaving = setTimeout(async () => {
      const { revision } = this.model.get("screen");
      const away = !this.root.contains(document.activeElement) || !document.hasFocus();
      if (this.kept === revision || !this.plotly || !away || !this.outbox.idle) return;
      this.kept = revision;
      const pictures = await this.charts.pictures("svg");
      if (this.model.get("screen").revision !== revision) return;
      this.outbox.put("pictures", { do: "pictures", pictures });
    }, 1500);
  }

  async export(format) {
    if (format === "csv" || format === "xlsx") {
      this.outbox.put("export", { do: "export", format });
      return;
    }
    const drawn = { ...(await this.charts.pictures(format)) };
    Object.assign(drawn, await this.moreCharts.pictures(format));
    const { vendor } = this.model.get("screen");
    for (const [key, { address }] of Object.entries(drawn)) {
      this.download(address, `${vendor}-${key}.${format}`);
    }
    this.status.textContent = `${Object.keys(drawn).length} charts saved as ${format.toUpperCase()}`;
  }

  received(message, buffers) {
    if (message.do !== "file" || message.view !== this.view) return;
    const address = URL.createObjectURL(new Blob([buffers[0]], { type: message.type }));
    this.download(address, message.file);
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  download(address, file) {
    const link = make("a", { href: address, download: file });
    document.body.append(link);
    link.click();
    link.remove();
  }

  remove() {
    clearTimeout(this.leaving);
    window.removeEventListener("keydown", this.keys, true);
    for (const [event, listener] of Object.entries(this.listeners)) this.model.off(event, listener);
    this.charts.remove();
    this.moreCharts.remove();
  }
}

function render({ model, el }) {
  const explorer = new Explorer(model, el);
  return () => explorer.remove();
}

export default { render };
