/* Runs the cases of a Python program: Pyodide from memory, a classic worker without network. */
"use strict";

(() => {
  const post = self.postMessage.bind(self);
  const PAGE_BYTES = 65_536;
  let python = null;
  let harness = null;
  let state = null;

  const blobOf = (bytes) => URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));

  // Pyodide asks for its files by address: they are in memory, the binary is compiled already.
  const serveFromMemory = (files, module) => {
    self.fetch = async (request) => {
      const name = String(request.url || request).split("/").pop();
      if (name.endsWith(".wasm")) return new Response(new Uint8Array(8), { headers: { "Content-Type": "application/wasm" } });
      if (!files[name]) throw new TypeError(`no network: ${name}`);
      return new Response(files[name]);
    };
    WebAssembly.instantiateStreaming = async (_response, imports) => ({
      instance: await WebAssembly.instantiate(module, imports),
      module,
    });
  };

  const limitMemory = () => {
    const grow = WebAssembly.Memory.prototype.grow;
    WebAssembly.Memory.prototype.grow = function (pages) {
      if (state && this.buffer.byteLength + pages * PAGE_BYTES > state.memoryBytes) {
        state.isFull = true;
        throw new RangeError("memory limit");
      }
      return grow.call(this, pages);
    };
  };

  const redirectStreams = () => {
    python.setStdin({
      read(buffer) {
        const part = state.stdin.subarray(state.at, state.at + buffer.length);
        buffer.set(part);
        state.at += part.length;
        return part.length;
      },
    });
    python.setStdout({
      write(buffer) {
        state.printedBytes += buffer.length;
        if (state.printedBytes > state.outputBytes) {
          state.isOver = true;
          throw new Error("output limit");
        }
        state.printed.push(buffer.slice());
        return buffer.length;
      },
    });
    python.setStderr({ write: (buffer) => buffer.length });
  };

  const boot = async ({ files, module, snapshot }) => {
    serveFromMemory(files, module);
    limitMemory();
    importScripts(blobOf(files["pyodide.js"]), blobOf(files["pyodide.asm.js"]));
    python = await self.loadPyodide({
      indexURL: "https://runtime.invalid/",
      lockFileContents: new TextDecoder().decode(files["pyodide-lock.json"]),
      checkAPIVersion: false,
      ...(snapshot ? { _loadSnapshot: snapshot } : { _makeSnapshot: true }),
    });
    if (!snapshot) post({ type: "snapshot", snapshot: python.makeMemorySnapshot() });
    redirectStreams();
    const names = python.globals.get("dict")();
    python.runPython(new TextDecoder().decode(files["python_harness.py"]), { globals: names });
    harness = python.runPython("Harness()", { globals: names });
  };

  const runCase = ({ code, stdin, limits }) => {
    state = {
      stdin: new TextEncoder().encode(stdin), at: 0, printed: [], printedBytes: 0, isOver: false, isFull: false, ...limits,
    };
    let [status, message, line] = ["RE", "", null];
    let isSpent = false;
    try {
      const result = harness.run_case(code);
      [status, message, line] = result.toJs();
      result.destroy();
    } catch (error) {
      // The interpreter itself gave up, such as on the end of the browser's stack.
      message = String(error?.message || error).slice(-4000);
      isSpent = true;
    }
    if (state.isOver) [status, message, line] = ["OLE", "", null];
    else if (state.isFull && status !== "OK") status = "MLE";
    isSpent ||= state.isOver || state.isFull;
    const printed = new Uint8Array(state.printed.reduce((length, part) => length + part.length, 0));
    state.printed.reduce((at, part) => (printed.set(part, at), at + part.length), 0);
    state = null;
    post({ type: "result", status, stdout: new TextDecoder().decode(printed), message, line, isSpent });
  };

  self.onmessage = async ({ data }) => {
    if (data.type === "case") {
      runCase(data);
      return;
    }
    try {
      await boot(data);
      post({ type: "ready" });
    } catch (error) {
      post({ type: "failed", message: String(error?.stack || error) });
    }
  };
})();
