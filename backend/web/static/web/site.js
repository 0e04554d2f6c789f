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

  // On a page without the search, `/` opens the page that has it.
  const SEARCH = "words";
  const focusSearch = () => {
    const search = document.querySelector("[data-search]");
    search?.focus();
    search?.select();
    return search !== null;
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.composedPath()[0])) return;
    event.preventDefault();
    if (!focusSearch()) location.assign(`${document.querySelector("a.brand").dataset.searchPage}#${SEARCH}`);
  });
  if (location.hash === `#${SEARCH}`) focusSearch();

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

  // What "Load more" added to a list, and the place in it, are kept with the page's entry in the browser's history:
  // Back shows them again. `data-list` names the reader, so that the next person of a browser does not see them.
  const keepList = () => {
    const list = document.querySelector("[data-list]");
    if (!list) return;
    const kept = { html: list.innerHTML, reader: list.dataset.list, top: scrollY };
    try {
      history.replaceState({ ...history.state, list: kept }, "");
    } catch {
      // too long for the history: Back shows the first page
    }
  };
  let isLonger = false;
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!event.detail.requestConfig?.elt.matches("[data-more]")) return;
    isLonger = true;
    keepList();
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("[data-list] a[href]:not([data-more])") : null;
    if (link && isLonger) keepList();
  });
  const showKeptList = () => {
    const kept = history.state?.list;
    const list = document.querySelector("[data-list]");
    const [visit] = performance.getEntriesByType("navigation");
    if (!kept || !list || kept.reader !== list.dataset.list || visit?.type !== "back_forward") return;
    list.innerHTML = kept.html;
    window.htmx?.process(list);
    isLonger = true;
    scrollTo(0, kept.top);
  };
  showKeptList();
})();
