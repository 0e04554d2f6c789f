/* The difference between an expected output and a printed one, around the first line that differs. */
"use strict";

self.runner ||= {};

(() => {
  const CONTEXT = 2;
  const MOST_LINES = 12;
  const MOST_CHARACTERS = 240;

  // Only what is near the change of a long line.
  const shortened = (line, from) => {
    const start = from > MOST_CHARACTERS / 2 ? from - MOST_CHARACTERS / 4 : 0;
    const part = line.slice(start, start + MOST_CHARACTERS);
    return { text: (start ? "…" : "") + part + (start + part.length < line.length ? "…" : ""), cut: start - (start ? 1 : 0) };
  };

  const commonStart = (one, other, most = Math.min(one.length, other.length)) => {
    let length = 0;
    while (length < most && one[length] === other[length]) length += 1;
    return length;
  };
  const commonEnd = (one, other, most) => {
    let length = 0;
    while (length < most && one[one.length - 1 - length] === other[other.length - 1 - length]) length += 1;
    return length;
  };

  // A line in pieces, of which the second is what differs from the other line.
  const pieces = (line, other) => {
    if (other === undefined) return ["", shortened(line, 0).text, ""];
    const start = commonStart(line, other);
    const end = commonEnd(line, other, Math.min(line.length, other.length) - start);
    const { text, cut } = shortened(line, start);
    const from = start - cut;
    const to = Math.max(from, Math.min(text.length, line.length - end - cut));
    return [text.slice(0, from), text.slice(from, to), text.slice(to)];
  };

  /* Rows for a table: `kind` (same, missing, extra), line numbers from 1, and the pieces of the text. */
  runner.difference = (expected, printed) => {
    const [expectedLines, printedLines] = [expected, printed].map((text) => {
      const form = runner.comparedForm(text);
      return form ? form.split("\n") : [];
    });
    const start = commonStart(expectedLines, printedLines);
    const end = commonEnd(expectedLines, printedLines, Math.min(expectedLines.length, printedLines.length) - start);
    const missing = expectedLines.slice(start, Math.min(expectedLines.length - end, start + MOST_LINES));
    const extra = printedLines.slice(start, Math.min(printedLines.length - end, start + MOST_LINES));
    const same = (from, to) =>
      expectedLines.slice(from, to).map((line, index) => ({
        kind: "same", expected: from + index + 1, printed: printedLines.length - expectedLines.length + from + index + 1,
        pieces: [shortened(line, 0).text, "", ""],
      }));
    const before = same(Math.max(0, start - CONTEXT), start).map((row) => ({ ...row, printed: row.expected }));
    const isWhole = expectedLines.length - end - start <= MOST_LINES && printedLines.length - end - start <= MOST_LINES;
    return {
      rows: [
        ...before,
        ...missing.map((line, index) => ({ kind: "missing", expected: start + index + 1, pieces: pieces(line, extra[index]) })),
        ...extra.map((line, index) => ({ kind: "extra", printed: start + index + 1, pieces: pieces(line, missing[index]) })),
        ...(isWhole ? same(expectedLines.length - end, expectedLines.length - end + Math.min(end, CONTEXT)) : []),
      ],
      isWhole,
    };
  };
})();
