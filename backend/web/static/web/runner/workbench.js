/* The code on a problem's page: drafts, "Run samples", and "Run all and record". The text field works without this. */
"use strict";

(() => {
  const form = document.querySelector("form[data-workbench]");
  if (!form) return;
  const { code: area, language: choice } = form.elements;
  const { reader, problem, frame, cases: casesAddress, record: recordAddress } = form.dataset;
  const runtimes = JSON.parse(form.dataset.runtimes);
  const limits = JSON.parse(form.dataset.limits);
  const byId = (id) => document.getElementById(id);
  const [status, notice, draftNotice] = ["run-status", "run-notice", "draft-notice"].map(byId);
  const buttons = [...form.querySelectorAll("[data-run]")];
  const stopButton = form.querySelector("[data-stop]");
  const texts = byId("run-texts").content;
  const text = (name, values = {}) =>
    texts.querySelector(`[data-text="${name}"]`).textContent.replace(/\{(\w+)\}/g, (_all, key) => values[key]);
  const title = () => choice.selectedOptions[0].textContent;
  const results = new runner.Results(byId("run-results"), text);
  const sandbox = new runner.Sandbox(byId("runner"), frame, runtimes);
  const drafts = new runner.CodeDrafts(reader, problem);
  const STOPPED = Symbol("stopped");
  let isRunning = false;
  let wasStopped = false;
  let requestStop = () => {};

  class Refusal extends Error {} // its message is for the person

  const setCode = (code) => {
    area.value = code;
    area.dispatchEvent(new Event("code-set"));
  };

  // Drafts: what is typed is kept for its language; changing the language shows that one's draft, or keeps the code.
  let language = choice.value;
  let isEdited = false; // code that the page came with, as of an earlier run, replaces no draft
  const save = () => {
    if (isEdited && language && area.value) drafts.save(language, area.value);
  };
  let timer = 0;
  area.addEventListener("input", () => {
    isEdited = true;
    clearTimeout(timer);
    timer = setTimeout(save, 300);
  });
  addEventListener("pagehide", save);
  choice.addEventListener("change", () => {
    clearTimeout(timer);
    save();
    language = choice.value;
    runner.rememberLanguage(language);
    setCode(drafts.load(language) || area.value);
    showLanguage();
  });
  const restore = () => {
    if (form.hasAttribute("data-filled")) {
      const draft = drafts.load(choice.value);
      if (!draft || draft === area.value) return;
      draftNotice.hidden = false;
      draftNotice.querySelector("button").addEventListener("click", () => {
        setCode(draft);
        draftNotice.hidden = true;
        area.focus();
      });
      return;
    }
    const remembered = runner.rememberedLanguage();
    if ([...choice.options].some((option) => option.value === remembered)) choice.value = remembered;
    language = choice.value;
    area.value = drafts.load(language) || area.value;
  };

  const showLanguage = () => {
    const runsHere = choice.value in runtimes;
    for (const button of buttons) button.disabled = isRunning || !runsHere;
    byId("run-elsewhere").hidden = runsHere || !choice.value;
    stopButton.hidden = !isRunning;
  };
  const show = (message) => (status.textContent = message);
  const showNotice = (...nodes) => notice.replaceChildren(...nodes);
  const showRefusal = (message) => {
    const paragraph = document.createElement("p");
    paragraph.className = "notice notice-bad";
    paragraph.setAttribute("role", "alert");
    paragraph.textContent = message;
    showNotice(paragraph);
  };

  const fetchText = async (address) => {
    const response = await fetch(address, { credentials: "same-origin" });
    if (!response.ok) throw new Error(String(response.status));
    return response.text();
  };

  // Texts that are too large for the list of cases are fetched one by one, as far as the limit goes.
  const loadCases = async (isAll, isAgain) => {
    const address = isAll ? casesAddress : `${casesAddress}?samples=1`;
    const response = await fetch(address, { credentials: "same-origin", cache: isAgain ? "reload" : "default" });
    if (response.status === 401) throw new Refusal(text("session-ended"));
    if (response.status === 404) throw new Refusal(text("problem-gone"));
    if (!response.ok) throw new Error(String(response.status));
    const { cases, has_more: hasMore } = await response.json();
    let bytes = 0;
    const loaded = [];
    for (const each of cases) {
      bytes += (each.input_bytes || 0) + (each.output_bytes || 0);
      if (bytes > limits.caseBytes) return { cases: loaded, isPart: true };
      const [input, output] = await Promise.all(
        ["input", "output"].map((name) => each[name] ?? fetchText(each[`${name}_address`])),
      );
      loaded.push({ id: each.id, input, output });
    }
    return { cases: loaded, isPart: hasMore };
  };

  const attempt = async (action, name, values) => {
    try {
      return await action();
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw new Refusal(text(name, { ...values, error: error.message }));
    }
  };

  const lacksWebAssembly = (language) =>
    Object.keys(runtimes[language].files).length > 0 && typeof WebAssembly === "undefined";

  const check = () => {
    if (!area.value.trim()) throw new Refusal(text("no-code"));
    if ([...area.value].length > limits.code) throw new Refusal(text("long-code"));
    if (area.value.includes("\0")) throw new Refusal(text("nul-code"));
    if (lacksWebAssembly(choice.value)) {
      throw new Refusal(text("no-webassembly", { language: title() }));
    }
  };

  const verdictOf = ({ status: end, stdout }, { output }) => {
    if (end !== "OK") return end;
    return runner.comparedForm(stdout) === runner.comparedForm(output) ? "AC" : "WA";
  };

  const runCases = async (isAll) => {
    check();
    const run = { language: choice.value, code: area.value };
    show(text("loading-cases"));
    const { cases, isPart } = await attempt(() => loadCases(isAll, false), "cases-failed");
    if (!cases.length) throw new Refusal(text(isAll ? "no-cases" : "no-samples"));
    show(text("starting", { language: title() }));
    const onProgress = (fraction) => {
      const name = fraction < 1 ? "downloading" : "starting";
      show(text(name, { language: title(), percent: `${Math.floor(fraction * 100)} %` }));
    };
    if (wasStopped) return { isStopped: true };
    const stopped = new Promise((resolve) => (requestStop = () => resolve(STOPPED)));
    const prepared = await attempt(
      () => Promise.race([sandbox.prepare(run.language, onProgress), stopped]),
      "download-failed",
      { language: title() },
    );
    if (prepared === STOPPED) return { isStopped: true };
    const { timeFactor } = runtimes[run.language];
    const milliseconds = limits.milliseconds * timeFactor;
    results.start(cases, !isAll);
    const finished = [];
    const isStopped = await attempt(
      () =>
        sandbox.run({
          ...run,
          inputs: cases.map((each) => each.input),
          limits: { milliseconds, outputBytes: limits.outputBytes, memoryBytes: limits.memoryBytes },
          onStart: (index) => show(text("running", { number: index + 1, count: cases.length })),
          onCase(index, result) {
            finished.push({ ...result, verdict: verdictOf(result, cases[index]), id: cases[index].id });
            results.add(index, cases[index], finished[index]);
          },
        }),
      "start-failed",
      { language: title() },
    );
    return { ...run, cases, finished, isStopped, isPart };
  };

  const summary = ({ cases, finished, isPart }, isAll) => {
    const passed = finished.filter((each) => each.verdict === "AC").length;
    const name = passed === cases.length ? "passed" : "failed";
    const sentence = text(`${isAll ? "all" : "samples"}-${name}`, { passed, count: cases.length });
    return isPart && isAll ? `${sentence} ${text("part")}` : sentence;
  };

  // What the service gets: outputs, from which it computes the verdict; long ones as their digest.
  const resultsToSend = (finished, budget) => {
    const firstFailure = finished.find((each) => each.verdict !== "AC");
    let left = budget;
    const withOutput = (each) => {
      const output = each.stdout.length <= limits.sentOutput ? each.stdout : null;
      const size = output === null ? Infinity : new Blob([JSON.stringify(output)]).size;
      if (size > left) return { output_digest: runner.outputDigest(each.stdout) };
      left -= size;
      return { output };
    };
    return finished.map((each) => ({
      test_case_id: each.id,
      ...(each.time === null ? {} : { time_ms: each.time }),
      ...(["AC", "WA"].includes(each.verdict) ? withOutput(each) : { status: each.verdict }),
      ...(each === firstFailure && each.message ? { stderr: each.message } : {}),
    }));
  };

  const recordRun = async ({ language: runLanguage, code, finished }) => {
    show(text("recording"));
    const body = new FormData();
    for (const name of ["csrfmiddlewaretoken", "token"]) body.set(name, form.elements[name].value);
    body.set("visibility", form.elements.visibility.checked ? "public" : "private");
    body.set("language", runLanguage);
    body.set("code", code);
    const budget = limits.sentBytes - new Blob([code]).size;
    body.set("results", JSON.stringify(resultsToSend(finished, budget)));
    const response = await attempt(
      () => fetch(recordAddress, { method: "POST", body, credentials: "same-origin" }),
      "record-failed",
    );
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const answer = page.querySelector("[data-recording]");
    if (!answer) throw new Refusal(text(response.status === 403 ? "session-ended" : "record-failed"));
    form.elements.token.value = answer.dataset.token || form.elements.token.value;
    if (response.status === 422) await loadCases(true, true).catch(() => {}); // they were changed meanwhile
    showNotice(document.adoptNode(answer));
  };

  const start = async (isAll) => {
    if (isRunning || !(choice.value in runtimes)) return;
    isRunning = true;
    wasStopped = false;
    save();
    results.clear();
    showNotice();
    showLanguage();
    try {
      const run = await runCases(isAll);
      if (!run.isStopped && isAll) await recordRun(run);
      show(run.isStopped ? text("stopped") : summary(run, isAll));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      show("");
      showRefusal(error.message);
    } finally {
      isRunning = false;
      showLanguage();
    }
  };

  for (const button of buttons) button.addEventListener("click", () => start(button.dataset.run === "all"));
  stopButton.addEventListener("click", () => {
    wasStopped = true;
    requestStop();
    sandbox.stop();
  });
  area.addEventListener("focus", () => {
    // The runtime comes while the person types.
    if (!(choice.value in runtimes) || isRunning || lacksWebAssembly(choice.value)) return;
    sandbox.prepare(choice.value).catch(() => {});
  });
  runner.edit(area, () => start(false));
  restore();
  showLanguage();
  const plain = form.elements.plain;
  plain.checked = runner.isPlainField();
  plain.addEventListener("change", () => {
    save();
    runner.setPlainField(plain.checked);
    location.reload();
  });
  const { editor: address, editorLabel: label } = form.dataset;
  runner.enhance(area, { address, label, language: () => choice.value, onRun: () => start(false) }).then((isEnhanced) => {
    plain.closest("label").hidden = !isEnhanced && !plain.checked;
  });
})();
