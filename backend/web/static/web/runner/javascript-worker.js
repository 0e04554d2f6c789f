/* Runs one case of a JavaScript program, with what judges' Node.js has: `require("fs")`, readline, process.

The program is a script of its own (a blob), so that it needs no eval and its errors have its own lines.
*/
"use strict";

self.onmessage = ({ data }) => {
  const post = self.postMessage.bind(self);
  if (data.type === "boot") {
    post({ type: "ready" });
    return;
  }
  const { code, stdin, limits } = data;
  const startTimer = self.setTimeout.bind(self);
  const stopTimer = self.clearTimeout.bind(self);
  const setImmediately = (callback) => startTimer(callback, 0);
  const encoder = new TextEncoder();
  const chunks = [];
  let bytes = 0;
  let isOver = false;

  const finish = (status, details) => {
    if (isOver) return;
    isOver = true;
    // What UTF-8 cannot hold, such as half of a surrogate pair, becomes U+FFFD, as on a terminal.
    post({ type: "result", status, stdout: new TextDecoder().decode(encoder.encode(chunks.join(""))), ...details });
    self.close();
  };
  class Ended extends Error {}
  const write = (value) => {
    const text = String(value);
    bytes += text.length < 1000 ? encoder.encode(text).length : text.length;
    if (bytes > limits.outputBytes) {
      finish("OLE");
      throw new Ended("output limit");
    }
    chunks.push(text);
    return true;
  };

  // console.log, as far as programs of judges use it: Node's form of arrays, strings in them, maps and sets.
  const shown = (value, isInside = true) => {
    if (typeof value === "string") return isInside ? `'${value}'` : value;
    if (typeof value === "bigint") return `${value}n`;
    if (Array.isArray(value)) return value.length ? `[ ${value.map((item) => shown(item)).join(", ")} ]` : "[]";
    if (value instanceof Set) return `Set(${value.size}) { ${[...value].map((item) => shown(item)).join(", ")} }`;
    if (value instanceof Map) {
      return `Map(${value.size}) { ${[...value].map(([key, item]) => `${shown(key)} => ${shown(item)}`).join(", ")} }`;
    }
    if (value && Object.getPrototypeOf(value) === Object.prototype) {
      const fields = Object.entries(value).map(([key, item]) => `${key}: ${shown(item)}`);
      return fields.length ? `{ ${fields.join(", ")} }` : "{}";
    }
    return String(value);
  };

  const emitter = (attach) => {
    const listeners = {};
    const target = {
      on(name, listener) {
        (listeners[name] ||= []).push(listener);
        attach(target);
        return target;
      },
      emit(name, ...values) {
        (listeners[name] || []).forEach((listener) => listener(...values));
      },
    };
    target.once = target.addListener = target.on;
    return target;
  };
  const lines = () => {
    const all = stdin.split("\n").map((line) => line.replace(/\r$/, ""));
    if (all.at(-1) === "") all.pop();
    return all;
  };
  const onFirstListener = (deliver) => {
    let isQueued = false;
    return (target) => {
      if (!isQueued) {
        isQueued = true;
        setImmediately(() => deliver(target));
      }
    };
  };
  const standardInput = Object.assign(
    emitter(
      onFirstListener((target) => {
        if (stdin) target.emit("data", stdin);
        target.emit("end");
        target.emit("close");
      }),
    ),
    {
      fd: 0,
      setEncoding: () => standardInput,
      resume: () => standardInput,
      async *[Symbol.asyncIterator]() {
        if (stdin) yield stdin;
      },
    },
  );
  const createInterface = () => {
    const pending = lines();
    let isClosed = false;
    const reader = emitter(
      onFirstListener((target) => {
        while (pending.length && !isClosed) target.emit("line", pending.shift());
        target.emit("close");
      }),
    );
    return Object.assign(reader, {
      close() {
        isClosed = true;
      },
      question(prompt, answer) {
        write(prompt);
        setImmediately(() => answer(pending.shift() ?? ""));
      },
      setPrompt() {},
      prompt() {},
      async *[Symbol.asyncIterator]() {
        while (pending.length && !isClosed) yield pending.shift();
      },
    });
  };
  const isStandardInput = (path) => path === 0 || path === "/dev/stdin" || path?.fd === 0;
  const fs = {
    readFileSync(path, options) {
      if (!isStandardInput(path)) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
      return options ? stdin : { toString: () => stdin, length: encoder.encode(stdin).length };
    },
    writeSync: (_descriptor, text) => write(text),
    writeFileSync(path, text) {
      if (path !== 1 && path !== "/dev/stdout") throw new Error(`EACCES: permission denied, open '${path}'`);
      write(text);
    },
  };
  const modules = { fs, readline: { createInterface }, os: { EOL: "\n" } };
  const process = {
    stdin: standardInput,
    stdout: { write, fd: 1 },
    stderr: { write: () => true, fd: 2 },
    argv: ["node", "main.js"],
    env: {},
    platform: "linux",
    exit(number = 0) {
      finish(number ? "RE" : "OK", number ? { message: `exit status ${number}` } : {});
      throw new Ended("exit");
    },
    on: () => process,
    hrtime: { bigint: () => BigInt(Math.round(performance.now() * 1e6)) },
    memoryUsage: () => ({ heapUsed: 0 }),
    nextTick: (callback, ...values) => queueMicrotask(() => callback(...values)),
  };

  // A program is over when its script has run and no timer of its own is left.
  const timers = new Set();
  const addTimer = (callback, delay, values) => {
    const timer = startTimer(() => {
      timers.delete(timer);
      callback(...values);
    }, delay);
    timers.add(timer);
    return timer;
  };
  const removeTimer = (timer) => {
    timers.delete(timer);
    stopTimer(timer);
  };
  const setRepeating = self.setInterval.bind(self);
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const print = (...values) => write(`${values.map((value) => shown(value, false)).join(" ")}\n`);
  Object.assign(self, {
    process,
    require(name) {
      const module = modules[String(name).replace(/^node:/, "")];
      if (!module) throw new Error(`Cannot find module '${name}'`);
      return module;
    },
    module: { exports: {} },
    exports: {},
    global: self,
    console: { log: print, info: print, error() {}, warn() {}, debug: print, table: print, time() {}, timeEnd() {} },
    setTimeout: (callback, delay = 0, ...values) => addTimer(callback, delay, values),
    setImmediate: (callback, ...values) => addTimer(callback, 0, values),
    setInterval(callback, delay, ...values) {
      const timer = setRepeating(callback, delay, ...values);
      timers.add(timer);
      return timer;
    },
    clearTimeout: removeTimer,
    clearImmediate: removeTimer,
    clearInterval: removeTimer,
  });

  const lineOf = (error) => {
    const stack = String(error?.stack || "");
    const place = stack.slice(stack.lastIndexOf(url) === -1 ? stack.length : stack.indexOf(url) + url.length);
    return Number(/^:(\d+)/.exec(place)?.[1]) || null;
  };
  const fail = (error) => {
    if (!(error instanceof Ended)) finish("RE", { message: String(error), line: lineOf(error) });
  };
  self.addEventListener("error", (event) => {
    event.preventDefault();
    if (event.error instanceof Ended) return;
    const isOwn = event.filename === url;
    const isSyntax = event.error instanceof SyntaxError && isOwn && !lineOf(event.error);
    finish(isSyntax ? "CE" : "RE", { message: event.message, line: isOwn ? event.lineno : lineOf(event.error) });
  });
  self.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    fail(event.reason);
  });
  const settle = () =>
    setImmediately(() => setImmediately(() => (timers.size ? settle() : finish("OK"))));
  // A task of its own, so that errors of the script reach the listener with their lines.
  setImmediately(() => {
    importScripts(url);
    settle();
  });
};
