/* The page's side of the sandboxed frame: fetches a runtime's files, hands them over, runs cases and hears results. */
"use strict";

self.runner ||= {};

(() => {
  const CACHE = "algoitny-runtimes";
  const CONNECT_MILLISECONDS = 30_000;
  const START_MILLISECONDS = 120_000;
  // What a case may take beyond its limit before the frame counts as lost, most likely for want of memory.
  const GRACE_MILLISECONDS = 8_000;

  const readWithProgress = async (response, onBytes) => {
    if (!response.body) return response.arrayBuffer();
    const chunks = [];
    for (let reader = response.body.getReader(), part; !(part = await reader.read()).done; ) {
      chunks.push(part.value);
      onBytes(part.value.length);
    }
    return new Blob(chunks).arrayBuffer();
  };

  const fetchFile = async (address, onBytes) => {
    const response = await fetch(address, { credentials: "same-origin" });
    if (!response.ok) throw new Error(`${address}: ${response.status}`);
    return readWithProgress(response, onBytes);
  };

  // The Cache API is missing or full in some browsers' private windows: then every visit starts without a snapshot.
  const withCache = async (action) => {
    try {
      return await action(await caches.open(CACHE));
    } catch {
      return null;
    }
  };
  const readSnapshot = (address) =>
    withCache(async (cache) => (await cache.match(address))?.arrayBuffer().then((bytes) => new Uint8Array(bytes)));
  const writeSnapshot = (address, snapshot) =>
    withCache(async (cache) => {
      for (const request of await cache.keys()) await cache.delete(request); // of earlier releases
      await cache.put(address, new Response(snapshot));
    });

  class Sandbox {
    /* address: of the frame. runtimes: by language, its `worker`, `files`, `bytes`, and whether a worker serves one
    case (`isFreshForEachCase`). place: the element that holds the frame. */
    constructor(place, address, runtimes) {
      Object.assign(this, { place, address, runtimes, prepared: new Map(), listener: null });
      Object.assign(this, { frame: null, port: null, connected: null });
    }

    connect() {
      if (!this.connected) {
        const connected = this.openFrame();
        connected.catch(() => this.connected === connected && this.discard());
        this.connected = connected;
      }
      return this.connected;
    }

    async openFrame() {
      const frame = document.createElement("iframe");
      frame.setAttribute("sandbox", "allow-scripts");
      frame.title = this.place.dataset.title;
      frame.hidden = true;
      const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
      frame.src = this.address;
      this.place.append(frame);
      this.frame = frame;
      await loaded;
      const channel = new MessageChannel();
      // A frame that a proxy or an extension blocks loads, too, and stays silent.
      await new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error("the frame does not answer")), CONNECT_MILLISECONDS);
        channel.port1.onmessage = resolve;
        frame.contentWindow.postMessage("connect", "*", [channel.port2]);
      });
      if (this.frame !== frame) throw new Error("the frame was replaced");
      this.port = channel.port1;
      this.port.onmessage = ({ data }) => this.hear(data);
    }

    hear(message) {
      if (message.type === "snapshot") {
        const address = this.runtimes[message.language].snapshot;
        if (address) writeSnapshot(address, message.snapshot);
      } else this.listener?.(message);
    }

    /* Fetches and hands over what a language needs, once. onProgress hears fractions from 0 to 1. */
    prepare(language, onProgress = () => {}) {
      if (!this.prepared.has(language)) {
        const prepared = this.handOver(language, (fraction) => this.onProgress?.(fraction));
        prepared.catch(() => this.prepared.get(language) === prepared && this.prepared.delete(language));
        this.prepared.set(language, prepared);
      }
      this.onProgress = onProgress;
      return this.prepared.get(language);
    }

    async handOver(language, onProgress) {
      const runtime = this.runtimes[language];
      let bytes = 0;
      const count = (length) => onProgress(Math.min(1, (bytes += length) / runtime.bytes));
      const [worker, snapshot, ...bodies] = await Promise.all([
        fetchFile(runtime.worker, () => {}),
        runtime.snapshot ? readSnapshot(runtime.snapshot) : null,
        ...Object.values(runtime.files).map((address) => fetchFile(address, count)),
        this.connect(),
      ]);
      const files = Object.fromEntries(Object.keys(runtime.files).map((name, index) => [name, bodies[index]]));
      this.port.postMessage(
        { type: "runtime", language, worker, files, snapshot, isFreshForEachCase: runtime.isFreshForEachCase },
        [worker, ...Object.values(files)],
      );
    }

    /* Runs code on inputs, one after another. onStart(index), onCase(index, result); the promise ends with whether the
    run was stopped, or fails with an `Error` if the code could not be run. */
    run({ language, code, inputs, limits, onStart, onCase }) {
      return new Promise((resolve, reject) => {
        let timer = 0;
        let index = -1;
        const end = (settle, value) => {
          clearTimeout(timer);
          Object.assign(this, { listener: null, stopRun: null });
          settle(value);
        };
        this.stopRun = () => {
          if (index >= 0) this.port.postMessage({ type: "stop" });
          else {
            this.discard(); // it is still starting
            end(resolve, true);
          }
        };
        const wait = (milliseconds, onSilence) => {
          clearTimeout(timer);
          timer = setTimeout(() => {
            this.discard();
            onSilence();
          }, milliseconds);
        };
        const waitForStart = () => wait(START_MILLISECONDS, () => end(reject, new Error("the runtime did not start")));
        this.listener = (message) => {
          if (message.type === "start") {
            index = message.index;
            onStart(index);
            wait(limits.milliseconds + GRACE_MILLISECONDS, () => {
              onCase(index, { status: "MLE", stdout: "", message: "", line: null, time: null });
              end(resolve, false);
            });
          } else if (message.type === "case") {
            waitForStart();
            onCase(message.index, message.result);
          } else if (message.type === "done") end(resolve, message.isStopped);
          else if (message.type === "failed") {
            this.discard();
            end(reject, new Error(message.message));
          }
        };
        waitForStart();
        this.port.postMessage({ type: "run", language, code, inputs, limits });
      });
    }

    stop() {
      this.stopRun?.();
    }

    /* Removes the frame with everything in it; the next run makes another. */
    discard() {
      this.frame?.remove();
      this.port?.close();
      Object.assign(this, { frame: null, port: null, connected: null });
      this.prepared.clear();
    }
  }

  runner.Sandbox = Sandbox;
})();
