/* Inside the sandboxed frame, where visitors' code runs: an origin of its own, without network and storage.

The frame owns the workers, the clock and the limits. The page hands it files and inputs through one port and compares
the outputs itself. What a worker says counts for the run of its own code alone.
*/
"use strict";

(() => {
  const MEGABYTE = 1 << 20;
  const runtimes = new Map();
  const spares = new Map();
  let page = null;
  let current = null;

  addEventListener("message", (event) => {
    if (event.source !== parent || event.data !== "connect" || page) return;
    page = event.ports[0];
    const handlers = { runtime: install, run, stop };
    page.onmessage = ({ data }) => handlers[data.type](data);
    page.postMessage({ type: "connected" });
  });

  function install({ language, worker, files, snapshot, isFreshForEachCase }) {
    const url = URL.createObjectURL(new Blob([worker], { type: "text/javascript" }));
    const runtime = { language, url, files, snapshot, isFreshForEachCase, module: null };
    const binary = Object.keys(files).find((name) => name.endsWith(".wasm"));
    if (binary) {
      runtime.module = WebAssembly.compile(files[binary]);
      runtime.module.catch(() => {}); // the worker that needs it reports it
      delete files[binary];
    }
    runtimes.set(language, runtime);
    if (!isFreshForEachCase) keepSpare(runtime);
  }

  // A worker that has started, or fails to, while the person types.
  function keepSpare(runtime) {
    if (!spares.has(runtime.language)) spares.set(runtime.language, start(runtime));
  }

  function start(runtime) {
    const worker = new Worker(runtime.url, { name: runtime.language });
    const ready = new Promise((resolve, reject) => {
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message || "the worker did not start"));
      };
      worker.onmessage = ({ data }) => {
        if (data.type === "snapshot") keepSnapshot(runtime, data.snapshot);
        else if (data.type === "ready") resolve();
        else if (data.type === "failed") reject(new Error(data.message));
      };
      Promise.resolve(runtime.module).then(
        (module) => worker.postMessage({ type: "boot", files: runtime.files, module, snapshot: runtime.snapshot }),
        reject,
      );
    });
    ready.catch(() => {});
    return { worker, ready };
  }

  function keepSnapshot(runtime, snapshot) {
    if (runtime.snapshot) return;
    runtime.snapshot = snapshot;
    page.postMessage({ type: "snapshot", language: runtime.language, snapshot });
  }

  async function readyWorker(runtime) {
    const spare = spares.get(runtime.language);
    spares.delete(runtime.language);
    let started = spare || start(runtime);
    try {
      await started.ready;
    } catch (error) {
      started.worker.terminate();
      if (!runtime.snapshot) throw error;
      runtime.snapshot = null; // damaged, or of another release: start without it
      started = start(runtime);
      await started.ready;
    }
    return started.worker;
  }

  async function run({ language, code, inputs, limits }) {
    const runtime = runtimes.get(language);
    const state = { worker: null, isStopped: false, end: null };
    current = state;
    try {
      for (let index = 0; index < inputs.length && !state.isStopped; index++) {
        state.worker ||= await readyWorker(runtime);
        if (state.isStopped) break;
        page.postMessage({ type: "start", index });
        const result = await runCase(state, { type: "case", code, stdin: inputs[index], limits });
        if (state.isStopped) break;
        if (result.isSpent || runtime.isFreshForEachCase) {
          state.worker.terminate();
          state.worker = null;
        }
        page.postMessage({ type: "case", index, result });
        if (["CE", "TLE", "MLE", "OLE"].includes(result.status)) break; // each further case would end alike
      }
      page.postMessage({ type: "done", isStopped: state.isStopped });
    } catch (error) {
      page.postMessage({ type: "failed", message: String(error.message || error).slice(0, 500) });
    }
    state.worker?.terminate();
    current = null;
    if (!runtime.isFreshForEachCase) keepSpare(runtime);
  }

  function runCase(state, message) {
    const { worker } = state;
    return new Promise((resolve) => {
      const began = performance.now();
      const end = (result) => {
        clearTimeout(timer);
        resolve(result);
      };
      const elapsed = () => Math.round(performance.now() - began);
      const timer = setTimeout(
        () => end({ status: "TLE", stdout: "", time: elapsed(), isSpent: true }),
        message.limits.milliseconds,
      );
      worker.onmessage = ({ data }) => {
        if (data?.type === "result") end(checked(data, elapsed()));
      };
      worker.onerror = (event) => {
        event.preventDefault();
        end({ status: "RE", stdout: "", message: event.message, time: elapsed(), isSpent: true });
      };
      state.end = () => end({ status: "stopped", stdout: "", isSpent: true });
      worker.postMessage(message);
    });
  }

  // Code can send messages in its worker's name: only fields of the right type and size go on to the page.
  function checked({ status, stdout, message, line, isSpent }, time) {
    return {
      status: ["OK", "RE", "CE", "MLE", "OLE"].includes(status) ? status : "RE",
      stdout: typeof stdout === "string" ? stdout.slice(0, MEGABYTE) : "",
      message: typeof message === "string" ? message.slice(0, 4000) : "",
      line: Number.isInteger(line) && line > 0 ? line : null,
      time,
      isSpent: Boolean(isSpent),
    };
  }

  function stop() {
    if (!current) return;
    current.isStopped = true;
    current.worker?.terminate();
    current.end?.();
  }
})();
