// The till of the sandbox. What it asks goes to the sandbox, which signs it with the key of the store.
const WORDS = await (await fetch("/sandbox/till/words.json")).json();
const LANGUAGES = Object.keys(WORDS);
const $ = (id) => document.getElementById(id);
const PARTS = ["start", "scan", "customer", "held", "done", "next"];

let language = navigator.language.startsWith("zh") ? "zh" : "en";
let visit = null;
let customer = null;
let hold = null;
let shown = ["start"];
let last = null;

const word = (name, values = {}) =>
  Object.entries(values).reduce((text, [key, value]) => text.replaceAll(`{${key}}`, value), WORDS[language][name] ?? name);
const yuan = (fen) => `¥${(fen / 100).toFixed(2)}`;
const time = (text) => new Date(text).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });

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

function show(...parts) {
  shown = parts;
  PARTS.forEach((part) => ($(part).hidden = !parts.includes(part)));
}

// Does something that was clicked once, and says what went wrong.
async function attempt(work) {
  $("problem").hidden = true;
  document.querySelectorAll("main button").forEach((button) => (button.disabled = true));
  try {
    await work();
  } catch (error) {
    problem(error);
  } finally {
    document.querySelectorAll("main button").forEach((button) => (button.disabled = false));
  }
}

function problem(error) {
  const code = error instanceof Rejected ? error.code : "unavailable";
  $("problem").textContent = word(`error_${code}`);
  $("problem").hidden = false;
}

async function open() {
  visit = await till("POST", "visits");
  customer = hold = last = null;
  $("code").src = visit.picture;
  $("code").alt = word("code");
  $("code").dataset.scene = `visit-${visit.visit}`;
  show("scan");
  wait(visit);
}

async function wait(mine) {
  while (visit === mine && customer === null) {
    const told = await till("GET", `visits/${mine.visit}`).catch(() => null);
    if (visit !== mine) return;
    if (told?.status === "scanned") return serve(told.customer);
    if (told?.status === "expired") {
      show("start");
      return problem(new Rejected("visit_expired"));
    }
    $("left").textContent = word("waiting", { until: time(mine.expires_at) });
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

function serve(who) {
  customer = who;
  draw();
  show("customer", "next");
}

// What is asked for: points, or an offer by its name.
async function take(what) {
  const asked = { id: crypto.randomUUID().replaceAll("-", ""), ...what };
  hold = await till("POST", `visits/${visit.visit}/holds`, asked);
  draw();
  show("held");
}

async function settle(how, body) {
  const told = await till("POST", `holds/${hold.hold}/${how}`, body);
  const done = told.status === "captured" ? "captured" : "released";
  last = { word: told.points ? done : `${done}_free`, points: told.captured || told.points, told };
  draw();
  show("done", "next");
}

function draw() {
  document.documentElement.lang = language;
  document.title = word("title");
  document.querySelectorAll("[data-word]").forEach((element) => (element.textContent = word(element.dataset.word)));
  $("language").textContent = word("other_language");
  if (customer !== null) {
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
    const choices = applying.map((offer) =>
      choice(word(offer.costs ? "exchange" : "give", { points: offer.costs, what: gives(offer) }), { offer: offer.offer }),
    );
    if (money !== null)
      choices.unshift(choice(word("money_off", { points: money.points, off: yuan(money.fen) }), { points: money.points }));
    $("choices").replaceChildren(...(choices.length ? choices : [element("p", word("no_offers"))]));
    const others = customer.offers.filter((offer) => offer.why_not.length);
    $("not_offered").replaceChildren(
      ...others.map((offer) => element("li", `${gives(offer)}: ${offer.why_not.map(reason).join(word("semicolon"))}`)),
    );
  }
  if (hold !== null) {
    const held = hold.offer === null ? "held" : hold.points ? "held_offer" : "held_free";
    $("what").textContent = word(held, { points: hold.points, off: off(hold.takes), what: gives(hold) });
    $("until").textContent = word("until", { until: time(hold.expires_at) });
  }
  if (last !== null) $("done").textContent = word(last.word, { points: last.points, what: gives(last.told) });
}

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
const off = (takes) => (takes?.endsWith(" yuan") ? yuan(Math.round(parseFloat(takes) * 100)) : takes);

// What an offer gives: a discount, a gift, or both.
const gives = ({ takes, gift }) => [takes && word("takes", { off: off(takes) }), gift].filter(Boolean).join(word("and"));

const reason = ({ code, about, wanted, there }) =>
  word(`why_${code}`, { about: word(about), wanted: wanted ?? "", there });

// A phone of the sandbox scans the code. Who does not follow yet follows by it.
async function scan() {
  const openid = $("openid").value, scene = $("code").dataset.scene;
  const known = await ask("GET", `/sandbox/followers/${openid}`).catch(() => ({ following: false }));
  await ask("POST", `/sandbox/followers/${openid}/${known.following ? "scan" : "follow"}`, { scene });
}

const submitted = (form, work) =>
  $(form).addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(work);
  });

$("openid").value = "oCustomerAtTheTill0000000001";
$("open").addEventListener("click", () => attempt(open));
$("next").addEventListener("click", () => {
  visit = customer = hold = last = null;
  $("held").reset();
  show("start");
});
$("release").addEventListener("click", () => attempt(() => settle("release")));
$("language").addEventListener("click", () => {
  language = LANGUAGES.find((one) => one !== language);
  draw();
});
submitted("phone", scan);
submitted("held", () => {
  const total = Math.round(Number($("total").value) * 100);
  return settle("capture", { order: $("order").value, total });
});
draw();
show(...shown);
