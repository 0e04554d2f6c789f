/* Keeps code in this browser by reader, problem and language, so that nothing typed is lost. */
"use strict";

self.runner ||= {};

(() => {
  const PREFIX = "code:";
  const MOST_DRAFTS = 60;
  const VISITOR = "visitor";
  const LANGUAGE = "code-language";

  const attempt = (action) => {
    try {
      return action();
    } catch {
      return null; // storage is switched off or full: the page works without drafts
    }
  };
  const read = (key) => attempt(() => JSON.parse(localStorage.getItem(key)));
  const draftKeys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  const removeOldest = (keys) => {
    const [oldest] = keys.sort((one, other) => (read(one)?.at || 0) - (read(other)?.at || 0));
    localStorage.removeItem(oldest);
  };

  class CodeDrafts {
    /* reader: the id of the signed-in user, "" for a visitor. */
    constructor(reader, problem) {
      Object.assign(this, { reader: reader || VISITOR, problem });
      if (reader) this.adopt();
    }

    key(language, reader = this.reader) {
      return `${PREFIX}${reader}:${this.problem}:${language}`;
    }

    // What somebody typed before signing in is theirs, unless they have a draft already.
    adopt() {
      const prefix = this.key("", VISITOR);
      for (const key of attempt(draftKeys) || []) {
        if (!key.startsWith(prefix)) continue;
        const own = this.key(key.slice(prefix.length));
        attempt(() => {
          if (localStorage.getItem(own) === null) localStorage.setItem(own, localStorage.getItem(key));
          localStorage.removeItem(key);
        });
      }
    }

    load(language) {
      const draft = read(this.key(language));
      return typeof draft?.code === "string" ? draft.code : null;
    }

    /* Whether it was stored. Older drafts give way to newer ones. */
    save(language, code) {
      const key = this.key(language);
      const text = JSON.stringify({ code, at: Date.now() });
      return attempt(() => {
        for (;;) {
          const others = draftKeys().filter((other) => other !== key);
          try {
            if (others.length < MOST_DRAFTS) {
              localStorage.setItem(key, text);
              return true;
            }
          } catch (error) {
            if (!others.length) throw error;
          }
          removeOldest(others);
        }
      });
    }
  }

  runner.CodeDrafts = CodeDrafts;
  runner.rememberedLanguage = () => attempt(() => localStorage.getItem(LANGUAGE));
  runner.rememberLanguage = (language) => attempt(() => localStorage.setItem(LANGUAGE, language));
})();
