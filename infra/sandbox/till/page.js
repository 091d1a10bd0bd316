// The till of the sandbox. What it asks goes to the sandbox, which signs it with the key of the store.
const WORDS = await (await fetch("/sandbox/till/words.json")).json();
const LANGUAGES = Object.keys(WORDS);
const $ = (id) => document.getElementById(id);
const PARTS = ["start", "scan", "customer", "checkout", "payment", "done", "next", "returns"];

let language = navigator.language.startsWith("zh") ? "zh" : "en";
let visit = null;
let customer = null;
let hold = null;
let coupon = null;
let sale = null;
let shown = ["start"];
let busy = false;
const sales = [];

const word = (name, values = {}) =>
  Object.entries(values).reduce((text, [key, value]) => text.replaceAll(`{${key}}`, value), WORDS[language][name] ?? name);
const yuan = (fen) => `¥${(fen / 100).toFixed(2)}`;
const time = (text) => new Date(text).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
const dayBefore = (text) => new Date(new Date(text) - 1).toLocaleDateString(language);

// --- what is asked -------------------------------------------------------------------------------

class Rejected extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

async function ask(method, path, body) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const answer = await fetch(path, { method, ...sent });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Rejected(told.error?.code ?? "unavailable");
  return told;
}

const till = (method, path, body) => ask(method, `/sandbox/till-api/${path}`, body);

// What each click asks for has a number or a time of its own. A request whose answer was lost is sent again as it
// was, so that the API does it once.
const unanswered = new Map();

async function once(path, body, own, key = JSON.stringify([path, body])) {
  if (!unanswered.has(key)) unanswered.set(key, { ...body, ...(await own()) });
  try {
    const told = await till("POST", path, unanswered.get(key));
    unanswered.delete(key);
    return told;
  } catch (error) {
    if (error instanceof Rejected && error.code !== "unavailable") unanswered.delete(key);
    throw error;
  }
}

const ownNumber = () => ({ id: crypto.randomUUID().replaceAll("-", "") });
const ownTime = async () => ({ at: (await ask("GET", "/sandbox/clock")).now });

// Does something that was clicked once, and says what went wrong.
async function attempt(work) {
  if (busy) return;
  setBusy(true);
  $("problem").hidden = true;
  try {
    await work();
  } catch (error) {
    problem(error);
  } finally {
    draw();
    setBusy(false);
    if (document.activeElement === document.body) $("problem").focus();
  }
}

// A disabled button would lose the focus.
function setBusy(is) {
  busy = is;
  document.querySelector("main").setAttribute("aria-busy", is);
  document.querySelectorAll("main button").forEach((button) => button.setAttribute("aria-disabled", is));
}

function problem(error) {
  const code = error instanceof Rejected ? error.code : "unavailable";
  $("problem").textContent = word(`error_${code}`);
  $("problem").hidden = false;
}

// --- what an assistant does ----------------------------------------------------------------------

async function open() {
  const opened = await till("POST", "visits");
  clear();
  visit = opened;
  $("code").src = visit.picture;
  $("code").dataset.scene = `visit-${visit.visit}`;
  show("scan", "next");
  wait(visit);
}

function clear() {
  visit = customer = hold = coupon = sale = null;
  $("checkout").reset();
}

async function wait(mine) {
  while (visit === mine && customer === null) {
    const told = await till("GET", `visits/${mine.visit}`).catch(() => null);
    if (visit !== mine) return;
    if (told?.status === "scanned") {
      customer = told.customer;
      return serve();
    }
    if (told?.status === "expired") {
      show("start");
      return problem(new Rejected("visit_expired"));
    }
    $("left").textContent = word("waiting", { until: time(mine.expires_at) });
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

const serve = () => show("customer", "checkout", "next");

// What the customer has after something was held or given back: it can wait.
async function readAgain() {
  const told = await till("GET", `visits/${visit.visit}`).catch(() => null);
  if (told?.customer) customer = told.customer;
}

// What is asked for: points, or an offer by its name.
async function take(what) {
  hold = await once(`visits/${visit.visit}/holds`, what, ownNumber);
  await readAgain();
  draw();
  $("release").focus();
}

async function release() {
  await till("POST", `holds/${hold.hold}/release`);
  hold = null;
  await readAgain();
  draw();
  $("who").focus();
}

async function check() {
  coupon = await till("POST", "coupons/lookup", { code: $("coupon").value });
  if (coupon.why_not) throw new Rejected(coupon.why_not);
}

// Takes what is held and uses the coupon for this order: asked again, the API does neither a second time.
async function checkOut() {
  const order = $("order").value, total = Math.round(Number($("total").value) * 100), code = $("coupon").value;
  const made = { order, total, off: 0, used: null };
  if (code) made.used = await till("POST", "coupons/use", { code, order, total });
  if (hold) {
    await capture({ order, total });
    made.off = hold.taken;
  }
  made.paid = Math.max(total - made.off - (made.used?.taken ?? 0), 0);
  sale = made;
  show("payment", "next");
}

async function capture(taken) {
  try {
    hold = await till("POST", `holds/${hold.hold}/capture`, taken);
  } catch (error) {
    if (error.code === "hold_expired") {
      hold = null;
      await readAgain();
    }
    throw error;
  }
  const isNew = hold.captured && !sales.some((one) => one.hold === hold.hold);
  if (isNew) sales.unshift({ order: taken.order, hold: hold.hold, points: hold.captured, back: 0 });
}

async function tell() {
  await once("sales", { order: sale.order, total: sale.paid, visit: visit.visit }, ownTime);
  show("done", "next");
}

const refundPath = (returned) => `holds/${returned.hold}/refund`;

async function refund(returned, points) {
  const path = refundPath(returned);
  const told = await once(path, { order: returned.order, points }, ownNumber, path);
  returned.back += told.points;
  draw();
  $("returns").querySelector("h2").focus();
}

// What is held for nobody goes back at once; where that fails, by itself after 15 minutes.
async function next() {
  if (hold?.status === "held") await till("POST", `holds/${hold.hold}/release`).catch(() => null);
  clear();
  show("start");
}

// A phone of the sandbox scans the code. Customers who do not follow yet follow with this scan.
async function scan() {
  const openid = $("openid").value, scene = $("code").dataset.scene;
  const known = await ask("GET", `/sandbox/followers/${openid}`).catch(() => ({ following: false }));
  await ask("POST", `/sandbox/followers/${openid}/${known.following ? "scan" : "follow"}`, { scene });
}

// --- what is shown -------------------------------------------------------------------------------

function show(...parts) {
  shown = parts;
  draw();
  ($(parts[0]).querySelector("[tabindex], button") ?? $("next")).focus();
}

function draw() {
  document.documentElement.lang = language;
  document.title = word("title");
  document.querySelectorAll("[data-word]").forEach((element) => (element.textContent = word(element.dataset.word)));
  const other = LANGUAGES.find((one) => one !== language);
  Object.assign($("language"), { textContent: word("other_language"), lang: other });
  $("code").alt = word("code");
  if (customer) drawCustomer();
  $("offers").hidden = Boolean(hold);
  $("held").hidden = !hold;
  if (hold) {
    const held = hold.offer === null ? "held" : hold.points ? "held_offer" : "held_free";
    $("what").textContent = word(held, { points: hold.points, off: off(hold.takes), what: gives(hold) });
    $("until").textContent = word("until", { until: time(hold.expires_at) });
  }
  $("worth").textContent = coupon && !coupon.why_not ? worth(coupon) : "";
  if (sale) drawSale();
  const isReturned = shown.includes("start") || shown.includes("done");
  PARTS.forEach((part) => ($(part).hidden = !shown.includes(part)));
  $("returns").hidden = !isReturned || !sales.length;
  $("sales").replaceChildren(...sales.map(returnedSale));
}

function drawCustomer() {
  $("who").textContent = customer.name ?? word("somebody");
  const facts = {
    points: customer.points,
    unclaimed: customer.unclaimed || null,
    expiring: customer.expires_on && `${customer.expiring} (${customer.expires_on})`,
    tier: customer.tier,
    member: word(customer.member ? "yes" : "no"),
  };
  $("facts").replaceChildren(
    ...Object.entries(facts)
      .filter(([, value]) => value !== null)
      .flatMap(([name, value]) => [element("dt", word(name)), element("dd", value)]),
  );
  const money = customer.money_off, applying = customer.offers.filter((offer) => !offer.why_not.length);
  const choices = applying.map((offer) => choice(offered(offer), { offer: offer.offer }));
  if (money !== null)
    choices.unshift(choice(word("money_off", { points: money.points, off: yuan(money.fen) }), { points: money.points }));
  $("choices").replaceChildren(...(choices.length ? choices : [element("p", word("no_offers"))]));
  const others = customer.offers.filter((offer) => offer.why_not.length);
  $("not_offered").replaceChildren(
    ...others.map((offer) => element("li", gives(offer) + word("colon") + offer.why_not.map(reason).join(word("semicolon")))),
  );
}

function drawSale() {
  $("amount").textContent = word("to_pay", { amount: yuan(sale.paid) });
  const lines = [word("sum", { amount: yuan(sale.total) })];
  if (sale.off) lines.push(word(hold.offer === null ? "points_off" : "offer_off", { points: hold.captured, offer: hold.offer, amount: yuan(sale.off) }));
  if (hold?.gift) lines.push(word("hand_out", hold));
  if (sale.used) lines.push(word("coupon_off", { coupon: sale.used.coupon, amount: yuan(sale.used.taken) }));
  $("lines").replaceChildren(...lines.map((line) => element("li", line)));
  $("done").textContent = shown.includes("done") ? word("saved", { order: sale.order, amount: yuan(sale.paid) }) : "";
}

const worth = (found) => word("worth", { coupon: found.coupon, takes: off(found.takes), least: yuan(found.least), until: dayBefore(found.until) });

function element(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

function choice(text, what) {
  const button = element("button", text);
  button.type = "button";
  button.addEventListener("click", () => attempt(() => take(what)));
  return button;
}

// `20 yuan` or `10%`, as people read it.
const off = (takes) => {
  const number = parseFloat(takes);
  return takes?.endsWith("%") ? word("percent", { percent: number, fold: (100 - number) / 10 }) : yuan(Math.round(number * 100));
};

// What an offer gives: a discount, a gift, or both.
const gives = ({ takes, gift }) => [takes && word("takes", { off: off(takes) }), gift].filter(Boolean).join(word("and"));

const offered = (offer) =>
  offer.costs ? word("exchange", { points: offer.costs, what: gives(offer) }) : offer.takes ? gives(offer) : word("give", { what: gives(offer) });

const reason = ({ code, about, wanted, there }) => word(`why_${code}`, { about: word(about), wanted: wanted ?? "", there });

// A sale whose points were taken, and a form to give them back as long as some are left.
function returnedSale(one) {
  const item = element("li", word("returned", one)), left = one.points - one.back;
  if (!left) return item;
  const form = document.createElement("form"), label = element("label", "");
  const sent = unanswered.get(refundPath(one));
  const points = Object.assign(document.createElement("input"), { type: "number", min: 1, max: left, required: true });
  Object.assign(points, { value: sent?.points ?? left, readOnly: Boolean(sent) });
  label.append(element("span", word("back", one)), points);
  form.append(label, element("button", word("refund")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => refund(one, points.valueAsNumber));
  });
  item.append(form);
  return item;
}

// --- clicks --------------------------------------------------------------------------------------

const clicked = (id, work) => $(id).addEventListener("click", () => attempt(work));
const submitted = (id, work) =>
  $(id).addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(work);
  });

$("openid").value = "oCustomerAtTheTill0000000001";
clicked("open", open);
clicked("next", next);
clicked("release", release);
clicked("check", check);
clicked("paid", tell);
submitted("phone", scan);
submitted("checkout", checkOut);
$("coupon").addEventListener("input", () => {
  coupon = null;
  $("worth").textContent = "";
});
$("language").addEventListener("click", () => {
  language = LANGUAGES.find((one) => one !== language);
  draw();
});
draw();
// What is seen can be clicked: nothing is shown before there are words and everything listens.
document.body.hidden = false;
