/* Keeps what is typed into `<form data-draft="name">` in this tab, until the page that says it was stored.

A draft survives a change of theme or language, Back, an ended session and a refused submission. It ends with the tab.
`data-draft-fresh` marks a form that the server has not filled in from a submission; only such a form is restored.
*/
"use strict";

(() => {
  const keyOf = (name) => `draft:${name}`;
  const attempt = (action) => {
    try {
      return action();
    } catch {
      return null; // storage is switched off or full: the page works without drafts
    }
  };

  for (const message of document.querySelectorAll("[data-draft-done]")) {
    attempt(() => sessionStorage.removeItem(keyOf(message.dataset.draftDone)));
  }

  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const key = keyOf(form.dataset.draft);
  const notice = document.getElementById("draft-notice");
  let isDirty = false;

  const isChoice = (field) => field.type === "radio" || field.type === "checkbox";
  const idOf = (field) => (isChoice(field) ? `${field.name}=${field.value}` : field.name);
  const fields = () =>
    [...form.elements].filter(
      (field) =>
        field.name && field.name !== "csrfmiddlewaretoken" && !["file", "submit", "button", "fieldset"].includes(field.type),
    );
  const isHidden = (field) => field.type === "hidden";
  const read = () => fields().map((field) => [idOf(field), isChoice(field) ? field.checked : field.value]);

  const save = () => attempt(() => sessionStorage.setItem(key, JSON.stringify(read())));
  const saveIfDirty = () => {
    if (isDirty) save();
  };

  const restore = () => {
    const saved = new Map(attempt(() => JSON.parse(sessionStorage.getItem(key))) || []);
    let isChanged = false;
    for (const field of fields()) {
      const value = saved.get(idOf(field));
      const property = isChoice(field) ? "checked" : "value";
      if (value === undefined || field[property] === value) continue;
      field[property] = value;
      isChanged ||= !isHidden(field);
    }
    if (notice) notice.hidden = !isChanged;
  };

  let timer = 0;
  form.addEventListener("input", () => {
    isDirty = true;
    clearTimeout(timer);
    timer = setTimeout(saveIfDirty, 300);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    save();
    isDirty = false; // a form that Back shows again after it was stored is no draft
  });
  addEventListener("pagehide", () => {
    clearTimeout(timer);
    saveIfDirty();
  });
  notice?.querySelector("button").addEventListener("click", () => {
    attempt(() => sessionStorage.removeItem(key));
    isDirty = false;
    form.reset();
    notice.hidden = true;
    document.getElementById("content")?.focus();
  });

  if (form.hasAttribute("data-draft-fresh")) restore();
  else save();
})();
