// One alert: two photos laid over each other by the transform that its evidence carries, larger, and by turns.
//
// The page shows everything but the overlay without this script. A fragment that is filled in anew is taken up at
// the event "refilled". Keys: z flicker, b outline, + - 0 zoom.

const FLICKER_MS = 500; // one change of the picture a second each way: far below three flashes a second (WCAG 2.3.1)
const ZOOM = 1.5;
const MOST_ZOOM = 8;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const taken = new WeakSet();

// The matrix for CSS: from fractions of the photos' sides to pixels of the place in which both are drawn.
export function cssMatrix(m, width, height) {
  const [a, b, c, d, e, f, g, h, i] = m;
  const [b2, c2, d2, f2, g2, h2] = [(b * width) / height, c * width, (d * height) / width, f * height, g / width, h / height];
  return `matrix3d(${[a, d2, 0, g2, b2, e, 0, h2, 0, 0, 1, 0, c2, f2, 0, i].map((value) => (value / i).toFixed(12)).join(",")})`;
}

export function mapped(m, [x, y]) {
  const depth = m[6] * x + m[7] * y + m[8];
  return [(m[0] * x + m[1] * y + m[2]) / depth, (m[3] * x + m[4] * y + m[5]) / depth];
}

export function inverse([a, b, c, d, e, f, g, h, i]) {
  return [e * i - f * h, c * h - b * i, b * f - c * e, f * g - d * i, a * i - c * g, c * d - a * f, d * h - e * g, b * g - a * h, a * e - b * d];
}

const within = ([x, y]) => x >= 0 && x <= 1 && y >= 0 && y <= 1;
const numbersOf = (text) => (text ? text.split(" ").map(Number) : null);

class Side {
  constructor(figure, changed) {
    this.figure = figure;
    this.name = figure.dataset.side;
    for (const part of ["view", "scene", "main", "outline", "dot", "why", "web", "which", "over", "seam"]) this[part] = figure.querySelector(`.case-${part}`);
    this.thumbs = [...figure.querySelectorAll(".case-thumb")];
    this.image = this.main ? Number(this.main.dataset.image) : null;
    this.shown = Boolean(this.main?.getAttribute("src"));
    if (!this.main) return;
    this.main.addEventListener("load", () => { this.shown = true; changed(); });
    this.main.addEventListener("error", () => this.failed());
    if (this.main.complete && this.main.getAttribute("src")) this.main.naturalWidth ? changed() : this.failed();
    for (const thumb of this.thumbs) {
      const small = thumb.querySelector("img");
      small?.addEventListener("error", () => this.smallFailed(thumb, small));
      if (small?.complete && small.src && !small.naturalWidth && small.loading !== "lazy") this.smallFailed(thumb, small);
    }
  }

  get ready() { return this.shown && this.main.naturalWidth > 0; }

  thumb(image = this.image) { return this.thumbs.find((each) => Number(each.dataset.image) === image); }

  choose(image) {
    if (!this.main || image === this.image || !this.thumb(image)) return;
    this.image = image;
    const thumb = this.thumb();
    for (const each of this.thumbs) each === thumb ? each.setAttribute("aria-current", "true") : each.removeAttribute("aria-current");
    this.which.textContent = this.which.dataset.words.replace("#", image + 1);
    this.main.alt = this.view.dataset.words.replace("#", image + 1);
    this.view.setAttribute("aria-label", this.main.alt);
    this.web.hidden = !("web" in thumb.dataset);
    this.shown = false;
    if (thumb.dataset.address) {
      this.why.hidden = true;
      this.scene.hidden = false;
      this.main.src = `${thumb.dataset.address}?w=800`;
    } else this.say(this.why.dataset.unkept);
  }

  say(text) {
    this.shown = false;
    this.scene.hidden = true;
    this.why.textContent = text;
    this.why.hidden = false;
  }

  // Not kept: perhaps it is still on the web. If not there either, say why, in the server's words.
  async failed() {
    const address = this.main.getAttribute("src");
    const fallback = (this.thumb() ?? this.main).dataset.fallback;
    if (fallback && !address.startsWith(fallback)) {
      this.web.hidden = false;
      this.main.src = `${fallback}?w=800`;
      return;
    }
    const told = await fetch(address, { headers: { Accept: "application/json" } }).then((answer) => answer.json()).catch(() => ({}));
    if (this.main.getAttribute("src") === address) { this.web.hidden = true; this.say(told.error ?? this.why.dataset.failed); }
  }

  smallFailed(thumb, small) {
    if (thumb.dataset.fallback && !small.getAttribute("src").startsWith(thumb.dataset.fallback)) small.src = `${thumb.dataset.fallback}?w=200`;
    else small.replaceWith(Object.assign(document.createElement("span"), { textContent: small.alt, className: "case-lost" }));
  }

  // The largest size at which the whole photo fits, times the zoom.
  fit(zoom) {
    if (!this.ready) return null;
    const style = getComputedStyle(this.view);
    const room = [this.view.clientWidth, this.view.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom)];
    const scale = Math.min(room[0] / this.main.naturalWidth, room[1] / this.main.naturalHeight) * zoom;
    this.size = [this.main.naturalWidth * scale, this.main.naturalHeight * scale];
    this.scene.style.width = `${this.size[0]}px`;
    this.scene.style.height = `${this.size[1]}px`;
    this.scene.classList.add("sized");
    return this.size;
  }

  // The point of the photo in the middle of what is seen, and the other way round.
  get middle() {
    return [(this.view.scrollLeft + this.view.clientWidth / 2) / this.view.scrollWidth, (this.view.scrollTop + this.view.clientHeight / 2) / this.view.scrollHeight];
  }

  look([x, y]) {
    this.view.scrollLeft = x * this.view.scrollWidth - this.view.clientWidth / 2;
    this.view.scrollTop = y * this.view.scrollHeight - this.view.clientHeight / 2;
  }

  point(place) {
    this.dot.hidden = !place || !within(place);
    if (!this.dot.hidden) { this.dot.style.left = `${place[0] * 100}%`; this.dot.style.top = `${place[1] * 100}%`; }
  }

  draw(points) {
    this.outline?.toggleAttribute("hidden", !points);
    if (points) for (const polygon of this.outline.querySelectorAll("polygon")) polygon.setAttribute("points", points);
  }
}

class Case {
  constructor(root) {
    this.root = root;
    this.zoom = 1;
    this.timer = null;
    this.shade = 0;
    this.tools = root.querySelector(".case-tools");
    const changed = () => { if (this.sides) this.lay(); };
    [this.takedown, this.listing] = ["takedown", "listing"].map((side) => new Side(root.querySelector(`[data-side="${side}"]`), changed));
    this.sides = [this.takedown, this.listing];
    this.pairs = [...root.querySelectorAll(".case-pairs button")];
    for (const part of ["flicker", "range", "mode", "lines", "note", "now"]) this[part] = root.querySelector(`.case-${part}`);
    this.said = root.querySelector(".case-zoom output");
    this.listen();
    this.pair();
  }

  listen() {
    for (const button of this.pairs) button.addEventListener("click", () => { this.takedown.choose(Number(button.dataset.takedown)); this.listing.choose(Number(button.dataset.listing)); this.pair(); });
    for (const side of this.sides) {
      for (const thumb of side.thumbs) thumb.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        side.choose(Number(thumb.dataset.image));
        this.pair();
      });
      const other = side === this.takedown ? this.listing : this.takedown;
      const across = (place) => (this.matrix ? mapped(side === this.takedown ? this.matrix : this.back, place) : null);
      side.view.addEventListener("pointermove", (event) => {
        if (!side.ready || !this.matrix) return;
        const box = side.scene.getBoundingClientRect();
        const place = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
        side.point(null);
        other.point(within(place) ? across(place) : null);
      });
      side.view.addEventListener("pointerleave", () => this.sides.forEach((each) => each.point(null)));
      for (const kind of ["pointerdown", "wheel", "keydown", "touchstart", "focus"]) side.view.addEventListener(kind, () => { this.leader = side; }, { passive: true });
      side.view.addEventListener("scroll", () => { if (this.leader === side && this.zoom > 1 && this.matrix && other.ready) other.look(across(side.middle)); }, { passive: true });
      side.view.addEventListener("wheel", (event) => { if (event.ctrlKey) { event.preventDefault(); this.enlarge(event.deltaY < 0 ? ZOOM : 1 / ZOOM); } }, { passive: false });
      if (side.main) new ResizeObserver(() => this.lay()).observe(side.view);
    }
    this.flicker.addEventListener("click", () => this.turn());
    this.range.addEventListener("input", () => { this.stop(); this.shade = Number(this.range.value) / 100; this.cover(); });
    this.mode.addEventListener("change", () => { this.stop(); if (this.mode.value === "curtain" && !this.shade) this.range.value = 50; this.shade = Number(this.range.value) / 100; this.cover(); });
    this.lines.addEventListener("click", () => this.outlines());
    for (const button of this.root.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => this.enlarge({ in: ZOOM, out: 1 / ZOOM }[button.dataset.zoom]));
  }

  // What is known of the two photos that are shown.
  pair() {
    this.stop();
    const found = this.pairs.find((button) => Number(button.dataset.takedown) === this.takedown.image && Number(button.dataset.listing) === this.listing.image);
    for (const button of this.pairs) button.setAttribute("aria-pressed", String(button === found));
    this.matrix = numbersOf(found?.dataset.matrix);
    this.back = this.matrix && inverse(this.matrix);
    this.takedown.draw(found?.dataset.onTakedown);
    this.listing.draw(found?.dataset.onListing);
    this.note.textContent = found ? found.dataset.note : this.note.dataset.none;
    this.enlarge(null);
  }

  lay() {
    for (const side of this.sides) side.fit(this.zoom);
    const over = this.listing.over;
    const possible = Boolean(this.matrix && this.takedown.ready && this.listing.ready);
    this.tools.hidden = !(this.takedown.ready || this.listing.ready);
    for (const control of [this.flicker, this.range, this.mode]) control.disabled = !possible;
    if (over) {
      over.hidden = !possible;
      if (!possible) this.listing.seam.hidden = true;
      else {
        const image = over.firstElementChild;
        const address = this.takedown.main.currentSrc || this.takedown.main.src;
        if (image.src !== address) image.src = address;
        image.style.transform = cssMatrix(this.matrix, ...this.listing.size);
        this.cover();
      }
    }
  }

  cover() {
    const over = this.listing.over;
    if (!over) return;
    const curtain = this.mode.value === "curtain" && this.timer === null && !this.turned;
    over.style.opacity = curtain ? "1" : String(this.shade);
    over.style.clipPath = curtain ? `inset(0 ${100 - this.shade * 100}% 0 0)` : "none";
    const seam = this.listing.seam;
    seam.hidden = !curtain || over.hidden || this.shade === 0 || this.shade === 1;
    seam.style.left = `${this.shade * 100}%`;
  }

  // Begin or end showing one photo and the other; where motion is unwanted, each press shows the other one.
  turn() {
    if (this.flicker.disabled) return;
    if (this.timer !== null) return this.stop();
    const other = () => { this.turned = true; this.shade = this.shade > 0.5 ? 0 : 1; this.cover(); };
    other();
    if (still.matches) {
      this.flicker.setAttribute("aria-pressed", String(this.shade === 1));
      this.now.textContent = this.shade === 1 ? this.now.dataset.takedown : this.now.dataset.listing;
      return;
    }
    this.timer = setInterval(() => (this.root.isConnected ? other() : this.stop()), FLICKER_MS);
    this.flicker.setAttribute("aria-pressed", "true");
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.turned = false;
    this.flicker.setAttribute("aria-pressed", "false");
    this.shade = Number(this.range.value) / 100;
    this.now.textContent = "";
    this.cover();
  }

  outlines() {
    const shown = this.root.querySelector(".case-photos").classList.toggle("no-outline");
    this.lines.setAttribute("aria-pressed", String(!shown));
  }

  // By a factor, keeping in the middle what is there; null for the whole photos. First to what both photos show.
  enlarge(factor) {
    const before = this.zoom;
    this.zoom = factor ? Math.min(MOST_ZOOM, Math.max(1, before * factor)) : 1;
    const middles = this.sides.map((side) => (before === 1 ? this.focus(side) : side.main ? side.middle : null));
    this.root.classList.toggle("zoomed", this.zoom > 1);
    this.lay();
    this.leader = null;
    this.sides.forEach((side, at) => { if (side.ready && this.zoom > 1) side.look(middles[at]); });
    this.said.textContent = `${Math.round(this.zoom * 100)}%`;
  }

  focus(side) {
    const points = side.outline?.hasAttribute("hidden") ? "" : side.outline?.querySelector("polygon").getAttribute("points") ?? "";
    const places = points.split(" ").filter(Boolean).map((each) => each.split(",").map((value) => value / 1000));
    if (!places.length) return [0.5, 0.5];
    return [0, 1].map((axis) => places.reduce((sum, place) => sum + place[axis], 0) / places.length);
  }

  key(event) {
    const deed = { z: () => this.turn(), b: () => this.outlines(), "+": () => this.enlarge(ZOOM), "=": () => this.enlarge(ZOOM), "-": () => this.enlarge(1 / ZOOM), 0: () => this.enlarge(null) }[event.key.toLowerCase()];
    if (deed) { event.preventDefault(); deed(); }
  }
}

let current = null;

function take(root) {
  for (const element of root.querySelectorAll(".case")) {
    if (taken.has(element)) continue;
    taken.add(element);
    current?.stop();
    current = new Case(element);
  }
}

document.addEventListener("refilled", (event) => take(event.target));
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !current?.root.isConnected) return;
  if (event.target.closest?.("input:not([type=range]), textarea, select, [contenteditable], dialog")) return;
  current.key(event);
});
take(document);
