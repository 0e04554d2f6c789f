/* Puts CodeMirror over the code's text field, where there is a mouse; the text field stays what is read and sent.

It lives in a shadow root, since its style sheets need no exception of the content security policy there. On phones and
when the editor cannot be loaded, the text field alone is used: its keyboard and its composition are the system's own.
*/
"use strict";

self.runner ||= {};

(() => {
  const PLAIN = "code-editor-plain";
  const NAMES = {
    python: "Python", javascript: "JavaScript", typescript: "TypeScript", c: "C", cpp: "C++", csharp: "C#", java: "Java",
    go: "Go", kotlin: "Kotlin", rust: "Rust", swift: "Swift", ruby: "Ruby", php: "PHP", scala: "Scala",
  };
  // The site's colours of code, by the names of CodeMirror's tags.
  const COLOURS = {
    comment: "comment", keyword: "keyword", string: "string", number: "number", bool: "number", atom: "number",
    typeName: "type", className: "type", propertyName: "function", literal: "number", regexp: "string",
    "special(string)": "string", meta: "note", "definition(variableName)": "function",
  };

  const attempt = (action) => {
    try {
      return action();
    } catch {
      return null; // storage is switched off
    }
  };
  runner.isPlainField = () => attempt(() => localStorage.getItem(PLAIN)) === "1";
  runner.setPlainField = (isPlain) => attempt(() => localStorage.setItem(PLAIN, isPlain ? "1" : "0"));

  const highlighting = (library) => {
    const specs = [...library.defaultHighlightStyle.specs, ...library.oneDarkHighlightStyle.specs];
    const tags = new Map(specs.flatMap((spec) => spec.tag).map((tag) => [String(tag), tag]));
    const rules = Object.entries(COLOURS)
      .filter(([name]) => tags.has(name))
      .map(([name, colour]) => ({ tag: tags.get(name), color: `var(--code-${colour})` }));
    return library.syntaxHighlighting(library.HighlightStyle.define(rules));
  };

  const theme = (library, isDark) =>
    library.EditorView.theme(
      {
        "&": { color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "0.875rem" },
        "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "1px" },
        ".cm-scroller": { fontFamily: "var(--mono)", minHeight: "18rem", maxHeight: "34rem", lineHeight: "1.5" },
        ".cm-content": { caretColor: "var(--text)" },
        ".cm-cursor": { borderLeftColor: "var(--text)" },
        ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--quiet)", borderColor: "var(--line)" },
        ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
        ".cm-tooltip, .cm-panels": { backgroundColor: "var(--surface)", color: "var(--text)" },
      },
      { dark: isDark },
    );

  /* Loads the editor for a text field. language(): the chosen one; label: its name for assistive technology.
  Returns whether there is one. */
  runner.enhance = async (area, { address, language, label, onRun }) => {
    if (!address || runner.isPlainField() || !matchMedia("(hover: hover) and (pointer: fine)").matches) return false;
    let library;
    try {
      library = await import(address);
    } catch {
      return false; // the text field is there
    }
    const { EditorView, Compartment, Prec, keymap } = library;
    const syntax = new Compartment();
    const host = document.createElement("div");
    host.className = "code-editor";
    const root = host.attachShadow({ mode: "open" });
    let isFromField = false;
    const view = new EditorView({
      doc: area.value,
      parent: root,
      root,
      extensions: [
        Prec.highest(keymap.of(["Ctrl-Enter", "Mod-Enter"].map((key) => ({ key, run: () => (onRun(), true) })))),
        library.basicSetup,
        keymap.of([library.indentWithTab]),
        library.indentUnit.of("    "),
        syntax.of([]),
        highlighting(library),
        theme(library, getComputedStyle(document.body).colorScheme === "dark"),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
        EditorView.updateListener.of((update) => {
          if (update.focusChanged && view.hasFocus) area.dispatchEvent(new FocusEvent("focus"));
          if (!update.docChanged || isFromField) return;
          area.value = view.state.doc.toString();
          area.dispatchEvent(new InputEvent("input", { bubbles: true }));
        }),
      ],
    });
    const show = async () => {
      if (view.state.doc.toString() !== area.value) {
        isFromField = true;
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: area.value } });
        isFromField = false;
      }
      const description = library.languages.find((each) => each.name === NAMES[language()]);
      view.dispatch({ effects: syntax.reconfigure(description ? await description.load().catch(() => []) : []) });
    };
    area.addEventListener("code-set", show);
    document.querySelector(`label[for="${area.id}"]`).addEventListener("click", () => view.focus());
    const { selectionStart: anchor, selectionEnd: head } = area;
    const hadFocus = document.activeElement === area;
    area.before(host);
    area.hidden = true;
    if (hadFocus) {
      view.dispatch({ selection: { anchor, head } });
      view.focus();
    }
    await show();
    return true;
  };
})();
