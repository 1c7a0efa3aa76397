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
  window.shopify = { idToken, toast: { show: (text) => shown.push(text) }, saveBar: { show: () => {}, hide: () => {} } };
  window.toasts = shown;
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
