// Takedown lists and replays: a file is sent with its progress, work under way is followed, nothing is sent twice.

// The very module that the page has loaded: under another address it would be loaded, and connect, a second time.
const { onNews, refill, toast } = await import(document.querySelector('script[src*="/console.js"]').src);

const LOOK_MS = 2000;

// Work under way: filled anew when there is news of it, and now and then, as news may have come before we listened.
for (const section of document.querySelectorAll("[data-follow]")) {
  const isBusy = () => section.querySelector("[data-busy]") !== null;
  const look = () => { if (isBusy()) refill(section); };
  onNews(section.dataset.follow, look);
  const timer = setInterval(() => { if (isBusy()) look(); else clearInterval(timer); }, LOOK_MS);
}

// A second press while the first is under way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]")) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once][data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  }
});

const form = document.getElementById("import");
if (form) {
  const file = form.elements.file;
  const drop = form.querySelector(".drop");
  const chosen = form.querySelector(".chosen");
  const bar = form.querySelector("progress");
  const button = form.querySelector("button[type=submit]");
  form.querySelector(".with-script").hidden = false;

  const say = (text) => { chosen.textContent = text; };
  const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
  const show = () => { say(file.files.length ? `${file.files[0].name} · ${size(file.files[0].size)}` : ""); };
  file.addEventListener("change", show);

  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files.length !== 1) return;
    file.files = event.dataTransfer.files;
    show();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!file.files.length && !form.elements.text.value.trim()) {
      toast(form.dataset.nothing, { bad: true });
      return file.focus();
    }
    // The server would refuse it as well, but only after part of it has been sent.
    if (file.files.length && file.files[0].size > Number(form.dataset.most)) return toast(form.dataset.large, { bad: true });
    send();
  });

  function send() {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRF-Token", form.elements.csrf.value);
    const busy = (on) => { button.disabled = on; bar.hidden = !on; };
    const failed = (text) => { busy(false); toast(text || form.dataset.failed, { bad: true }); };
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) { bar.max = event.total; bar.value = event.loaded; }
    });
    request.addEventListener("error", () => failed(""));
    request.addEventListener("load", () => {
      let told = {};
      try { told = JSON.parse(request.responseText); } catch { /* a proxy's own page */ }
      if (request.status === 200 && told.address) location.assign(told.address);
      else failed(told.error);
    });
    busy(true);
    request.send(new FormData(form));
  }
}
