"use strict";
// What if: the decision at another price, probability, discount rate and terminal growth, computed
// in the page from the means that it carries. The formulas are those of the package's own decision
// (acquire/decision.py, acquire/sensitivity/discounting.py); a test holds both together.

const TIE = 1e-9;

// by how much money exceeds other, 0 within rounding; null is minus infinity
function gap(money, other, price) {
  if (money === null) return -Infinity;
  const difference = money - other;
  const rounding = TIE * Math.max(Math.abs(money), Math.abs(other), price);
  return Math.abs(difference) <= rounding ? 0 : difference;
}

function discounted({ flows, base, open, closing }, rate, growth) {
  let value = 0;
  for (let t = flows.length - 1; t >= 0; t--) value = value / (1 + rate) + flows[t];
  if (growth === null) return value;
  const end = (base * (1 + growth) - growth * open) / (rate - growth) + closing;
  return value + end / (1 + rate) ** (flows.length - 1);
}

// settings: price and probability, null for those evaluated; rate and growth (null: no terminal
// value)
function decide(data, { price, probability, rate, growth }) {
  const { streams, strategic } = data;
  const atPrice = price ?? data.price;
  const value = (name, weight, weightedRate) => {
    const worth = discounted(streams[name], rate, growth);
    if (price === null || name === "build") return worth;
    return worth - streams[name].flows[0] - price * (weight + weightedRate);
  };
  const payoffs = {};
  for (const name of ["internal_only", "dual_market", "failure", "compromised", "build"]) {
    if (name in streams) payoffs[name] = value(name, 1, data.rate);
  }
  const p = data.probability;
  let ifSuccess = payoffs.dual_market;
  let ifFailure = payoffs.failure;
  if (probability === null) {
    const good = value("if_success", p, data.rate_if_success);
    const bad = value("if_failure", 1 - p, data.rate_if_failure);
    payoffs.go_external = good + bad;
    if (p > 0) ifSuccess = good / p;
    if (p < 1) ifFailure = bad / (1 - p);
  } else {
    payoffs.go_external = probability * ifSuccess + (1 - probability) * ifFailure;
  }

  const scale = price ?? data.mid_price;
  const profits = data.before_credit.map((profit, year) => profit - rate * data.credit[year]);
  const losing = profits.some((x) => x < -TIE * Math.max(Math.abs(x), scale));
  const neverLoses = !data.unsold && !losing;
  const permitted = data.others_hold && neverLoses;

  const alternative = Math.max(0, payoffs.build ?? 0);
  const outside = strategic
    ? payoffs.go_external
    : Math.min(payoffs.go_external, payoffs.dual_market);
  const inside = payoffs.internal_only;
  let strategy = null;
  if (permitted) strategy = "go_external";
  if (strategic && (!permitted || gap(outside, inside, atPrice) < 0)) strategy = "internal_only";
  const worth = { go_external: outside, internal_only: inside }[strategy] ?? null;
  const outlay = price === null ? -streams.dual_market.flows[0] : price * (1 + data.rate);
  const walkAway = worth === null ? null : (worth - alternative + outlay) / (1 + data.rate);
  const target = strategic ? Math.max(alternative, inside) : alternative;

  const pays = gap(outside, target, atPrice);
  const paysInside = strategic ? gap(inside, alternative, atPrice) : -Infinity;
  const negotiable = gap(walkAway, (1 - data.negotiable_discount) * atPrice, atPrice);
  let verdict = "do_not_acquire";
  if (permitted && pays >= 0) verdict = "acquire";
  else if (paysInside >= 0) verdict = "acquire_internal_only";
  else if (!permitted && pays >= 0) verdict = "not_yet";
  else if (negotiable >= 0) verdict = "negotiate";

  let breakEven = null;
  if (gap(ifSuccess, target, atPrice) >= 0) {
    const spread = ifSuccess - ifFailure;
    breakEven =
      gap(ifFailure, target, atPrice) >= 0 ? 0 : Math.min((target - ifFailure) / spread, 1);
  }
  const worst = Math.min(...profits);
  return {
    verdict, strategy, value: worth, walkAway, breakEven, payoffs, alternative, neverLoses, worst,
  };
}

// ---- the page

const SCALES = [[1e9, "billion"], [1e6, "million"], [1e3, "thousand"]];

function shown(value, digits) {
  const text = Math.abs(value).toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return value < 0 && Number(text.replaceAll(",", "")) !== 0 ? `−${text}` : text;
}

function money(value, currency) {
  if (value === null || value === undefined) return "–";
  for (const [size, word] of SCALES) {
    if (Math.abs(value) >= size * 0.99995) return `${currency} ${shown(value / size, 1)} ${word}`;
  }
  return `${currency} ${shown(value, 0)}`;
}

function percent(value, digits) {
  return value === null ? "–" : `${shown(100 * value, digits)} %`;
}

class WhatIf {
  constructor(section) {
    this.section = section;
    this.data = JSON.parse(section.querySelector("script").textContent);
    this.rows = [...section.querySelectorAll("[data-setting]")].map((row) => ({
      row,
      name: row.dataset.setting,
      unit: Number(row.dataset.unit),
      slider: row.querySelector("input[type=range]"),
      box: row.querySelector("input[type=text]"),
      why: row.querySelector(".why"),
    }));
    const { discount_rate: rate, terminal_growth: growth } = this.data;
    this.evaluated = { price: null, probability: null, rate, growth };
    this.settings = { ...this.evaluated };
    for (const each of this.rows) {
      each.slider.addEventListener("input", () => this.enter(each, each.slider.value));
      each.box.addEventListener("change", () => this.enter(each, each.box.value));
    }
    this.back = section.querySelector("button");
    this.back.addEventListener("click", () => {
      this.settings = { ...this.evaluated };
      for (const each of this.rows) this.refuse(each, "");
      this.show();
    });
    this.first = decide(this.data, this.evaluated);
    section.hidden = false;
    this.show();
  }

  // what a setting is, in its unit, evaluated or not
  number(name) {
    const { price, probability } = this.data;
    return this.settings[name] ?? { price, probability }[name];
  }

  enter(each, text) {
    const { name, unit } = each;
    const typed = Number(String(text).trim().replaceAll(",", ""));
    const value = typed * unit;
    const wrong = this.wrong(name, text, value);
    this.refuse(each, wrong);
    if (wrong) return;
    const before = { price: this.data.price, probability: this.data.probability }[name];
    // back at what was evaluated, as far as it is shown
    const same =
      before !== undefined &&
      [this.inUnit(before, each), this.rounded(before, each)].includes(this.inUnit(value, each));
    this.settings[name] = same ? this.evaluated[name] : value;
    this.show(each);
  }

  wrong(name, text, value) {
    if (String(text).trim() === "" || !Number.isFinite(value)) return "expected a number";
    const { rate, growth } = this.settings;
    if (name === "price" && value <= 0) return "expected a price above 0";
    if (name === "probability" && (value < 0 || value > 1)) return "expected 0 to 100 %";
    if (name === "rate" && (value < 0 || value > 1)) return "expected 0 to 100 % per year";
    if (name === "rate" && growth !== null && value <= growth) {
      return "expected more than the terminal growth";
    }
    if (name === "growth" && value <= -1) return "expected more than −100 % per year";
    if (name === "growth" && value >= rate) return "expected less than the discount rate";
    return "";
  }

  refuse({ box, why }, message) {
    why.textContent = message;
    if (message) box.setAttribute("aria-invalid", "true");
    else box.removeAttribute("aria-invalid");
  }

  inUnit(value, { unit }) {
    return Number((value / unit).toPrecision(6));
  }

  // a mean over the draws, such as 49.9998, as one speaks of it
  rounded(value, { unit }) {
    return Number((value / unit).toPrecision(4));
  }

  show(source) {
    const now = decide(this.data, this.settings);
    for (const each of this.rows) {
      const given = this.settings[each.name] === null ? this.rounded : this.inUnit;
      const value = given(this.number(each.name), each);
      if (each !== source || document.activeElement !== each.slider) each.slider.value = value;
      if (each !== source || document.activeElement !== each.box) each.box.value = value;
      each.slider.setAttribute("aria-valuetext", `${value} ${each.row.dataset.words}`);
      const changed = this.settings[each.name] !== this.evaluated[each.name];
      each.row.classList.toggle("changed", changed);
    }
    const any = this.rows.some(({ name }) => this.settings[name] !== this.evaluated[name]);
    this.section.dataset.changed = any ? "yes" : "no";
    this.back.disabled = !any;
    const { currency, verdicts } = this.data;
    const said = (found) => ({
      verdict: verdicts[found.verdict],
      value: money(found.value, currency),
      walk_away: money(found.walkAway, currency),
      break_even: found.breakEven === 0 ? "none needed" : percent(found.breakEven, 1),
      never_lose: `${found.neverLoses ? "met" : "not met"}: worst year ${money(found.worst, currency)}`,
      ...Object.fromEntries(
        ["go_external", "internal_only", "dual_market", "failure", "build"].map((name) => [
          name,
          money(found.payoffs[name], currency),
        ]),
      ),
    });
    const [one, other] = [said(this.first), said(now)];
    for (const row of this.section.querySelectorAll("tr[data-figure]")) {
      const { figure } = row.dataset;
      row.cells[1].textContent = one[figure];
      row.cells[2].textContent = other[figure];
      row.classList.toggle("changed", one[figure] !== other[figure]);
    }
    const title = this.section.querySelector("[role=status]");
    title.textContent = any
      ? `With your changes: ${other.verdict} (evaluated: ${one.verdict})`
      : `As evaluated: ${one.verdict}`;
    this.section.dataset.verdict = now.verdict;
  }
}

document.addEventListener("DOMContentLoaded", () => {
  for (const section of document.querySelectorAll("section.what-if")) new WhatIf(section);
});
