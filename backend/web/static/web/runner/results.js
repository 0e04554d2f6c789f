/* Shows the results of a run beside the code: a badge for each case, and the first failing case with its difference. */
"use strict";

self.runner ||= {};

(() => {
  const MOST_INPUT = 2000;

  const element = (name, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children);
    return node;
  };

  class Results {
    /* place: the element to fill. text(name, values): a text of the page. */
    constructor(place, text) {
      Object.assign(this, { place, text, badges: [], details: null, hasFailure: false });
    }

    clear() {
      this.place.replaceChildren();
    }

    /* One badge for each case to come. */
    start(cases, isSamples) {
      this.hasFailure = false;
      this.name = (index) => this.text(isSamples ? "sample" : "case", { number: index + 1 });
      this.badges = cases.map((_case, index) => element("li", { className: "case-result is-waiting" }, this.name(index)));
      this.details = element("div", { className: "stack" });
      const list = element("ol", { className: "case-results" }, ...this.badges);
      list.setAttribute("aria-label", this.text("results"));
      this.place.replaceChildren(list, this.details);
    }

    /* Marks a case as over; the first one that failed is shown with its reason. */
    add(index, testCase, result) {
      const verdict = element(
        "span",
        { className: `badge ${result.verdict === "AC" ? "badge-ok" : "badge-bad"}` },
        this.text(result.verdict),
      );
      const time = result.time === null ? [] : [element("span", { className: "muted small tabular" }, `${result.time} ms`)];
      this.badges[index].replaceChildren(this.name(index), " ", verdict, " ", ...time);
      this.badges[index].classList.remove("is-waiting");
      if (result.verdict === "AC" || this.hasFailure) return;
      this.hasFailure = true;
      this.details.append(...this.failure(index, testCase, result));
    }

    failure(index, testCase, result) {
      const parts = [element("h3", {}, `${this.name(index)}: ${this.text(result.verdict)}`)];
      if (result.line) parts.push(element("p", {}, this.text("line", { line: result.line })));
      // Both browsers' words for the end of the stack, on which the interpreter itself stands.
      if (/call stack size|too much recursion/.test(result.message)) parts.push(element("p", {}, this.text("deep-recursion")));
      else if (result.message) parts.push(this.block(this.text("message"), result.message));
      if (result.verdict === "CE") return parts;
      if (result.verdict === "WA") parts.push(this.difference(testCase.output, result.stdout));
      parts.push(this.block(this.text("input"), testCase.input.slice(0, MOST_INPUT), testCase.input.length > MOST_INPUT));
      return parts;
    }

    block(title, content, isCut = false) {
      const pre = element("pre", { className: "code", tabIndex: 0 }, content + (isCut ? "…" : ""));
      pre.setAttribute("role", "group");
      pre.setAttribute("aria-label", title);
      return element("div", { className: "stack tight" }, element("h4", {}, title), pre);
    }

    difference(expected, printed) {
      const { rows, isWhole } = runner.difference(expected, printed);
      const box = document.getElementById("difference-template").content.firstElementChild.cloneNode(true);
      const body = box.querySelector("tbody");
      for (const row of rows) body.append(this.row(row));
      box.querySelector("[data-cut]").hidden = isWhole;
      box.querySelector("[data-empty]").hidden = runner.comparedForm(printed) !== "";
      return box;
    }

    row({ kind, expected = "", printed = "", pieces: [before, changed, after] }) {
      const sign = element("td", { className: "sign" });
      if (kind !== "same") {
        const mark = element("span", {}, kind === "missing" ? "−" : "+");
        mark.setAttribute("aria-hidden", "true");
        sign.append(mark, element("span", { className: "visually-hidden" }, this.text(kind)));
      }
      const content = element("td", { className: "text" }, before, ...(changed ? [element("mark", {}, changed)] : []), after);
      return element(
        "tr",
        { className: kind },
        element("td", { className: "at" }, String(expected)),
        element("td", { className: "at" }, String(printed)),
        sign,
        content,
      );
    }
  }

  runner.Results = Results;
})();
