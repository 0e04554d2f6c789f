/* What scripts add to pages that work without them: `/` for the search, copying, and errors of htmx told plainly. */
"use strict";

(() => {
  const live = document.getElementById("live");
  const texts = live ? live.dataset : {};

  const say = (text) => {
    if (!live) return;
    // A screen reader hears the same words twice only when they went away in between.
    live.textContent = "";
    setTimeout(() => (live.textContent = text), 30);
  };

  const isTyping = (element) =>
    element instanceof HTMLElement && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  // <button data-copy="id-of-text"> copies that text; with data-copy-from="address" the whole of a text shown in part.
  const wholeText = async (button) => {
    const address = button.dataset.copyFrom;
    if (!address) return document.getElementById(button.dataset.copy).textContent;
    const answer = await fetch(address, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.text();
  };

  const write = (button) => {
    // Safari lets a page write after a wait only what it promised while the click lasted.
    if (button.dataset.copyFrom && window.ClipboardItem && navigator.clipboard.write) {
      const text = wholeText(button).then((found) => new Blob([found], { type: "text/plain" }));
      return navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
    }
    return wholeText(button).then((text) => navigator.clipboard.writeText(text));
  };

  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-copy]") : null;
    if (!button) return;
    const label = button.querySelector("[data-label]") || button;
    button.dataset.before ||= label.textContent;
    try {
      await write(button);
      label.textContent = texts.copied;
    } catch {
      label.textContent = texts.notCopied;
    }
    say(label.textContent);
    setTimeout(() => (label.textContent = button.dataset.before), 2000);
  });

  // A refusal is a page of its own: show it as one. A lost connection leaves the page as it is, and is said.
  document.addEventListener("htmx:responseError", (event) => {
    const { requestConfig, pathInfo } = event.detail;
    if (requestConfig.verb === "get") location.assign(pathInfo.finalRequestPath);
    else say(texts.failed);
  });
  document.addEventListener("htmx:sendError", () => {
    live?.classList.remove("visually-hidden");
    say(texts.failed);
  });
  // The link for more is gone when its lines have come: the keyboard goes on at the first of them.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const link = event.detail.requestConfig.elt;
    if (!link.matches("[data-more]")) return;
    const before = event.detail.target.previousElementSibling;
    document.addEventListener(
      "htmx:afterSettle",
      () => {
        const first = before ? before.nextElementSibling : document.querySelector("main");
        first?.querySelector("a[href], button")?.focus();
      },
      { once: true },
    );
  });
  document.addEventListener("htmx:afterOnLoad", () => live?.classList.add("visually-hidden"));
})();
