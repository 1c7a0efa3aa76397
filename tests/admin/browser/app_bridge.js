// Plays Shopify's script in the frame: asks the admin around it for tokens, adds them to requests, opens a page again with one.
(() => {
  const waiting = new Map();
  let count = 0;
  addEventListener("message", (event) => {
    if (event.origin !== "https://admin.shopify.com" || !waiting.has(event.data.id)) return;
    waiting.get(event.data.id)(event.data.token);
    waiting.delete(event.data.id);
  });
  const idToken = () => new Promise((resolve) => {
    count += 1;
    waiting.set(count, resolve);
    parent.postMessage({ type: "token", id: count }, "https://admin.shopify.com");
  });
  const shown = [];
  // The bar of a form with data-save-bar: there once something is typed, gone once it is saved or discarded.
  const bar = { form: null, mayLeave: true };
  const barred = (event) => event.target.closest && event.target.closest("form[data-save-bar]");
  addEventListener("input", (event) => { bar.form = barred(event) || bar.form; });
  addEventListener("submit", (event) => { if (barred(event) === bar.form) bar.form = null; }, true);
  addEventListener("reset", (event) => { if (barred(event) === bar.form) bar.form = null; }, true);
  const leaveConfirmation = async () => { if (bar.form && !bar.mayLeave) throw new Error("stayed"); };
  window.shopify = { idToken, toast: { show: (text) => shown.push(text) }, saveBar: { leaveConfirmation } };
  window.toasts = shown;
  window.bar = bar;
  const plain = window.fetch.bind(window);
  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (new URL(request.url).origin !== location.origin) return plain(request);
    const again = request.clone();
    request.headers.set("Authorization", "Bearer " + await idToken());
    const answer = await plain(request);
    if (answer.status !== 401 || !answer.headers.has("X-Shopify-Retry-Invalid-Session-Request")) return answer;
    again.headers.set("Authorization", "Bearer " + await idToken());
    return plain(again);
  };
  const reload = new URL(location.href).searchParams.get("shopify-reload");
  if (reload) {
    idToken().then((token) => {
      const target = new URL(reload, location.origin);
      target.searchParams.set("id_token", token);
      location.replace(target);
    });
  }
})();
