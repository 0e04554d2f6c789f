/* Keys of the code's text field: Enter keeps the indentation, Tab indents, Esc then Tab leaves, Ctrl+Enter runs. */
"use strict";

self.runner ||= {};

(() => {
  const INDENTATION = "    ";

  // As if typed: the browser's own undo takes it back.
  const type = (area, text) => {
    if (!document.execCommand("insertText", false, text)) {
      area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
      area.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
  };

  const lineStart = (text, at) => text.lastIndexOf("\n", at - 1) + 1;

  const indentation = (area) => {
    const { value, selectionStart } = area;
    const before = value.slice(lineStart(value, selectionStart), selectionStart);
    const indent = /^[ \t]*/.exec(before)[0];
    return /[:{([]\s*$/.test(before) ? indent + INDENTATION : indent;
  };

  // Each line of the selection moves by one step; without a selection Tab goes to the next step.
  const shift = (area, isBack) => {
    const { value, selectionStart, selectionEnd } = area;
    const start = lineStart(value, selectionStart);
    if (!isBack && selectionStart === selectionEnd) {
      type(area, INDENTATION.slice((selectionStart - start) % INDENTATION.length));
      return;
    }
    const lines = value.slice(start, selectionEnd).split("\n");
    const shifted = lines.map((line) => (isBack ? line.replace(/^(\t| {1,4})/, "") : line && INDENTATION + line));
    const text = shifted.join("\n");
    const moved = shifted[0].length - lines[0].length;
    area.setSelectionRange(start, selectionEnd);
    if (text) type(area, text);
    else document.execCommand("delete");
    const end = start + text.length;
    area.setSelectionRange(selectionStart === selectionEnd ? Math.max(start, end) : Math.max(start, selectionStart + moved), end);
  };

  /* area: the text field. onRun: called for Ctrl+Enter and Cmd+Enter. */
  runner.edit = (area, onRun) => {
    let leaves = false;
    area.addEventListener("blur", () => (leaves = false));
    area.addEventListener("keydown", (event) => {
      if (event.isComposing) return; // Enter ends a Korean syllable
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        onRun();
      } else if (event.key === "Escape") leaves = true;
      else if (event.key === "Tab" && !event.ctrlKey && !event.altKey && !event.metaKey) {
        if (leaves) return;
        event.preventDefault();
        shift(area, event.shiftKey);
      } else if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
        event.preventDefault();
        type(area, `\n${indentation(area)}`);
      } else if (event.key !== "Shift") leaves = false;
    });
  };
})();
