// Between the page and the admin it is shown in: proves who is asking, keeps addresses clean, passes words on.
// Nothing here is needed to read a page or to post a form where the visitor signed in by themselves.
(() => {
  "use strict";
  const root = document.documentElement;
  const host = root.dataset.host || "standalone";
  const framed = window.parent !== window;
  const parents = (root.dataset.parents || "").split(" ").filter(Boolean);

  // --- tokens from the page around the frame (Shopify's own script does the same for its admin) ---
  let held = null;
  let asking = null;
  const waiting = new Map();

  function expiry(token) {
    try {
      const body = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
      return JSON.parse(atob(body)).exp * 1000;
    } catch {
      return 0;
    }
  }

  function ask() {
    const id = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => { waiting.delete(id); reject(new Error("no token")); }, 8000);
      waiting.set(id, (token) => { clearTimeout(late); resolve(token); });
      // A request holds no secret, so any page around the frame may hear it; its answer is checked by the server.
      for (const parent of parents.length ? parents : ["*"]) window.parent.postMessage({ type: "comeback:token", id }, parent);
    });
  }

  async function token(fresh) {
    if (!fresh && held && expiry(held) - Date.now() > 10000) return held;
    asking = asking || ask().finally(() => { asking = null; });
    held = await asking;
    return held;
  }

  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || (parents.length && !parents.includes(event.origin))) return;
    const said = event.data || {};
    if (said.type === "comeback:token" && typeof said.token === "string" && waiting.has(said.id)) {
      waiting.get(said.id)(said.token);
      waiting.delete(said.id);
    }
  });

  const address = new URL(location.href);
  if (address.searchParams.has("id_token")) {
    held = host === "woocommerce" ? address.searchParams.get("id_token") : null;
    for (const name of ["id_token", "again"]) address.searchParams.delete(name);
    if (host !== "frame") history.replaceState(history.state, "", address.pathname + address.search + address.hash);
  }

  const plain = window.fetch.bind(window);
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (new URL(request.url).origin !== location.origin) return plain(request);
    if (root.lang) request.headers.set("X-Comeback-Locale", root.lang);
    if (host !== "woocommerce" || !framed) return plain(request);
    const again = request.clone();
    request.headers.set("Authorization", "Bearer " + await token(false));
    const answer = await plain(request);
    if (answer.status !== 401) return answer;
    again.headers.set("Authorization", "Bearer " + await token(true));
    return plain(again);
  };

  // --- a document that was opened without a token: fetch one and open it again ---
  const reload = document.querySelector('meta[name="comeback-reload"]');
  // In a frame whose admin doesn't answer us: the platform with a script of its own is tried.
  const other = document.querySelector('meta[name="comeback-platform"]');
  if (reload && framed) {
    const above = [...(location.ancestorOrigins || [])];
    const elsewhere = () => { if (other) location.replace(other.content); };
    if (other && other.dataset.origins.split(" ").some((origin) => above.includes(origin))) elsewhere();
    else ask().then((given) => {
      const target = new URL(reload.content, location.origin);
      if (target.origin !== location.origin || target.pathname.startsWith("//")) return;
      target.searchParams.set("id_token", given);
      location.replace(target.href);
    }, elsewhere);
  } else if (reload && new URL(reload.content, location.origin).origin === location.origin) {
    location.replace(new URL(reload.content, location.origin).href);
  }

  // --- what the page around the frame is told ---
  function tell(message) {
    if (host === "woocommerce" && framed) for (const parent of parents) window.parent.postMessage(message, parent);
  }

  function here() {
    tell({ type: "comeback:path", path: location.pathname + location.search });
  }

  function toast(scope) {
    for (const note of scope.querySelectorAll("[data-toast]")) {
      if (window.shopify && window.shopify.toast) window.shopify.toast.show(note.textContent.trim());
    }
    const url = new URL(location.href);
    if (url.searchParams.has("note")) {
      url.searchParams.delete("note");
      history.replaceState(history.state, "", url.pathname + url.search + url.hash);
    }
  }

  // --- forms: a choice that acts at once, nothing sent twice, and leaving with unsaved words ---
  let unsaved = null;
  const sent = new Set();
  const isUnsaved = () => unsaved !== null && unsaved.isConnected;
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && event.target.closest("[data-at-once]")) form.requestSubmit();
  });
  document.addEventListener("input", (event) => {
    const form = event.target.closest && event.target.closest("form[data-guarded]");
    if (form) unsaved = form;
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (sent.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else if (form.method === "post") {
      sent.add(form);
      if (form === unsaved) unsaved = null;
    }
  }, true);
  document.addEventListener("htmx:finally:request", (event) => { sent.delete(event.detail.ctx.sourceElement); });
  window.addEventListener("pageshow", () => { sent.clear(); });
  // Discarded in the admin's save bar: the form as it is stored.
  document.addEventListener("reset", (event) => {
    if (!event.target.matches("form[data-guarded]")) return;
    unsaved = null;
    location.reload();
  });
  window.addEventListener("beforeunload", (event) => { if (isUnsaved()) event.preventDefault(); });
  // Another page over unsaved words: asked by the admin where it can, else by the browser, which asks before a whole page only.
  document.addEventListener("htmx:before:request", (event) => {
    const ctx = event.detail.ctx;
    if (!isUnsaved() || ctx.target !== document.body || ctx.request.method !== "GET") return;
    event.preventDefault();
    const bar = unsaved.hasAttribute("data-save-bar") && window.shopify && window.shopify.saveBar;
    if (bar) {
      bar.leaveConfirmation().then(() => {
        unsaved = null;
        window.htmx.ajax("GET", ctx.request.action, { target: document.body, push: "true" });
      }, () => {});
    } else {
      location.assign(ctx.request.action);
    }
  });

  // --- an answer that is none: said above the page, which stays with what was typed ---
  function complain(words, mend) {
    const notes = document.getElementById("notes");
    unsaved = document.querySelector("form[data-guarded]");
    const banner = document.createElement("div");
    banner.className = "banner bad";
    banner.setAttribute("role", "alert");
    for (const text of [words, mend].filter(Boolean)) banner.appendChild(document.createElement("p")).textContent = text;
    notes.replaceChildren(banner);
    banner.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("htmx:before:swap", (event) => {
    const ctx = event.detail.ctx;
    const status = ctx.response ? ctx.response.status : 200;
    if (status !== 401 && status < 500) return;
    event.preventDefault();
    const words = document.getElementById("notes").dataset;
    const told = new DOMParser().parseFromString(ctx.text || "", "text/html").querySelectorAll('main [role="alert"] p');
    if (status === 401) complain(words.out);
    else if (told.length) complain(...[...told].map((each) => each.textContent));
    else complain(words.failed);
  });
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx) complain(document.getElementById("notes").dataset.failed);
  });

  // --- a long table behind a picture: what the eye sees first comes first, the rest a moment after it was opened ---
  const rest = (table) => [...table.querySelectorAll("tbody tr")].slice(9);
  function fold(scope) {
    for (const table of scope.querySelectorAll(".behind:not([open])")) for (const row of rest(table)) row.hidden = true;
  }
  document.addEventListener("toggle", (event) => {
    if (!event.target.matches(".behind") || !event.target.open) return;
    requestAnimationFrame(() => setTimeout(() => { for (const row of rest(event.target)) row.hidden = false; }));
  }, true);

  // --- copying ---
  document.addEventListener("click", async (event) => {
    const button = event.target.closest && event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    const text = source ? (source.value === undefined ? source.textContent : source.value) : "";
    try {
      await navigator.clipboard.writeText(text.trim());
      button.textContent = button.dataset.copied || button.textContent;
    } catch {
      if (source) getSelection().selectAllChildren(source);
    }
  });

  // --- after a change of the page ---
  // An answer to a post that leads nowhere has no address of its own: it could not be opened again.
  document.addEventListener("htmx:before:history:update", (event) => {
    const { sourceElement, response } = event.detail;
    const posted = sourceElement && sourceElement.matches("form") && sourceElement.method === "post";
    if (posted && response && response.raw && !response.raw.redirected) event.preventDefault();
  });
  document.addEventListener("DOMContentLoaded", () => { toast(document); here(); fold(document); });
  document.addEventListener("htmx:after:history:push", here);
  document.addEventListener("htmx:after:history:replace", here);
  document.addEventListener("htmx:after:swap", (event) => {
    toast(document);
    fold(document);
    const { target, response } = event.detail.ctx;
    if (target !== document.body) return;
    sent.clear();
    unsaved = response && response.status >= 400 ? document.querySelector("form[data-guarded]") : null;
    const wrong = document.querySelector('main [aria-invalid="true"]');
    const main = document.getElementById("main");
    if (wrong) wrong.focus();
    else if (main && !document.activeElement.closest("main")) main.focus({ preventScroll: true });
    if (!wrong) window.scrollTo(0, 0);
  });
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && document.querySelector("details.account[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
})();
