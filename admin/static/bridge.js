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
    address.searchParams.delete("id_token");
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
  if (reload && framed) {
    ask().then((given) => {
      const target = new URL(reload.content, location.origin);
      target.searchParams.set("id_token", given);
      location.replace(target.pathname + target.search);
    }, () => {});
  } else if (reload) {
    location.replace(reload.content);
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

  // --- forms: a choice that acts at once, and leaving with unsaved words ---
  let unsaved = null;
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form && event.target.closest("[data-at-once]")) form.requestSubmit();
  });
  document.addEventListener("input", (event) => {
    const form = event.target.closest && event.target.closest("form[data-guarded]");
    if (!form || unsaved === form) return;
    unsaved = form;
    form.classList.add("changed");
    if (window.shopify && window.shopify.saveBar && form.dataset.guarded) window.shopify.saveBar.show(form.dataset.guarded);
  });
  document.addEventListener("submit", () => { unsaved = null; }, true);
  window.addEventListener("beforeunload", (event) => { if (unsaved && unsaved.isConnected) event.preventDefault(); });

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

  document.addEventListener("DOMContentLoaded", () => { toast(document); here(); });
  document.addEventListener("htmx:after:history:push", here);
  document.addEventListener("htmx:after:history:replace", here);
  document.addEventListener("htmx:after:swap", (event) => {
    toast(document);
    const target = (event.detail && event.detail.ctx && event.detail.ctx.target) || event.target;
    if (target === document.body) {
      unsaved = null;
      const main = document.getElementById("main");
      if (main && !document.activeElement.closest("main")) main.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
  });
})();
