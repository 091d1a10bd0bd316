// @ts-check
/**
 * Reports to wejourney what happens in a mini program: docs/deploying.md, Mini programs.
 *
 * Events are queued on the phone, and sent with the time at which they happened. A batch whose answer was lost is
 * sent again with the same ids and times: each event counts once.
 */

/** @typedef {Record<string, string | number>} Properties */
/** @typedef {{order?: string, booking?: string}} About */
/**
 * `seen` is the phone's time in milliseconds, `at` the server's, which is fixed when the event is first sent.
 * @typedef {{id: string, name: string, properties: Properties, seen: number, at?: string} & About} QueuedEvent
 */
/**
 * `ahead`: milliseconds that the server's clock is ahead of the phone's.
 * @typedef {{queue: QueuedEvent[], session: string, ahead: number}} State
 */
/** @typedef {{status: number, body: Record<string, any>}} Answer `status` 0: there was none. */
/**
 * What is given away: an amount, or a coupon by its code. `id` is your own of this gift: `newId()`.
 * @typedef {{id: string, amount: number, asset?: string} | {id: string, coupon: string}} Giving
 */

const STORED_AS = "wejourney";
const MOST_QUEUED = 500;
const MOST_AT_ONCE = 50;
const WAIT_MS = [5000, 30000, 120000, 600000];
const OK = 200;
const UPLOADED = [OK, 201, 204];
const WRONG = 400;
const NO_SESSION = 401;
const TOO_LARGE = 413;

const config = { url: "", appId: "", uploadUrl: "" };
/** @type {State} */
let state = { queue: [], session: "", ahead: 0 };
/** @type {Promise<void> | null} */
let flushing = null;
/** @type {ReturnType<typeof setTimeout> | null} */
let timer = null;
let failures = 0;

/**
 * Call this once, in `onLaunch` of app.js.
 * `url` is the output MiniProgramUrl, or your own domain and `/mini`; `uploadUrl` your own domain that forwards to
 * the bucket of uploads, if you have one.
 * @param {{url: string, appId: string, uploadUrl?: string}} options
 */
function start({ url, appId, uploadUrl = "" }) {
  config.url = url.replace(/\/+$/, "");
  config.appId = appId;
  config.uploadUrl = uploadUrl;
  const stored = wx.getStorageSync(STORED_AS);
  if (stored && Array.isArray(stored.queue)) {
    state = { ...state, ...stored, queue: [...stored.queue, ...state.queue] };
  }
  save();
  wx.onAppShow(() => void flush());
  wx.onNetworkStatusChange(({ isConnected }) => void (isConnected && flush()));
  void flush();
}

/**
 * Reports an event.
 * @param {string} name one of the known names, or your own that begins with `custom.`
 * @param {Properties} [properties]
 * @param {About} [about] the order or the booking that it is about
 */
function track(name, properties = {}, about = {}) {
  state.queue.push({ id: newId(), name, properties, ...about, seen: Date.now() });
  // The oldest go first: an order is worth more than a view of last week.
  state.queue.splice(0, state.queue.length - MOST_QUEUED);
  save();
  void flush();
}

/**
 * Lets wejourney recognise the person by their phone number; whether it could.
 * @param {string} code of a button with `open-type="getPhoneNumber"`: `event.detail.code`
 * @returns {Promise<boolean>}
 */
async function phone(code) {
  const answer = await ask("/phone", { code });
  return answer.status === OK;
}

/**
 * Sends an address that the person has chosen with `wx.chooseAddress`; whether it was accepted.
 * It is kept if they have agreed to the purpose for personal data: send `consent.given` first.
 * @param {WechatMiniprogram.ChooseAddressSuccessCallbackResult} chosen
 * @returns {Promise<boolean>}
 */
async function address(chosen) {
  await flush();
  const answer = await ask("/address", {
    province: chosen.provinceName,
    city: chosen.cityName,
    district: chosen.countyName,
    detail: chosen.detailInfo,
    postcode: chosen.postalCode,
    name: chosen.userName,
    phone: chosen.telNumber,
  });
  return answer.status === OK;
}

/**
 * Gives something away: `body.code` is for the friend, `body.gift` to take it back. If `status` is 0, or 500 or more,
 * call it again with the same id; so with all requests about gifts.
 * @param {Giving} giving
 * @returns {Promise<Answer>}
 */
function giveGift(giving) {
  return ask("/gifts", giving);
}

/**
 * The open gifts that the person has given: `body.gifts`.
 * @returns {Promise<Answer>}
 */
function gifts() {
  return ask("/gifts", undefined, "GET");
}

/**
 * What a gift is, and whether it is still there. Call it when its page opens: who is new here can claim it then.
 * @param {string} code
 * @returns {Promise<Answer>}
 */
function lookAtGift(code) {
  return ask("/gifts/look", { code });
}

/**
 * Claims a gift for the person: of a coupon, `body.coupon_code` is its code, for this person alone.
 * @param {string} code
 * @returns {Promise<Answer>}
 */
function claimGift(code) {
  return ask("/gifts/claim", { code });
}

/**
 * Takes back a gift that nobody has claimed yet.
 * @param {string} gift `gift` of an own gift
 * @returns {Promise<Answer>}
 */
function takeGiftBack(gift) {
  return ask("/gifts/take-back", { gift });
}

/**
 * Uploads a picture: `body.upload` is our id of it when `status` is 200. If `status` is 0, or 500 or more, call
 * it again with the same id. A first call of somebody who is new here is answered with 503.
 * @param {{id: string, filePath: string, type: string}} picture `id` is your own of this picture: `newId()`; a file
 * of the phone, and its type, such as `image/jpeg`
 * @returns {Promise<Answer>}
 */
async function upload({ id, filePath, type }) {
  const answer = await ask("/uploads", { id, type });
  if (answer.status !== OK || !answer.body.url) {
    // Without an address: the picture of an earlier call is there.
    return answer;
  }
  const { upload: number, url, fields } = answer.body;
  return new Promise((done) => {
    wx.uploadFile({
      url: config.uploadUrl || url,
      filePath,
      name: "file",
      formData: fields,
      success: ({ statusCode }) =>
        done(
          UPLOADED.includes(statusCode) ? { status: OK, body: { upload: number } } : { status: statusCode, body: {} },
        ),
      fail: () => done({ status: 0, body: {} }),
    });
  });
}

/**
 * The leader board of a game, today's or that of another day: `body.leaders`, and the person's place in `body.own`.
 * @param {string} game
 * @param {string} [day] such as 2026-12-31
 * @returns {Promise<Answer>}
 */
function leaders(game, day) {
  const query = day ? `?day=${encodeURIComponent(day)}` : "";
  return ask(`/leaders/${encodeURIComponent(game)}${query}`, undefined, "GET");
}

/**
 * Sends what is queued. This happens by itself; a call while one is under way waits for that.
 * @returns {Promise<void>}
 */
function flush() {
  if (!config.url) {
    return Promise.resolve();
  }
  flushing =
    flushing ||
    send().finally(() => {
      flushing = null;
    });
  return flushing;
}

/** @returns {Promise<void>} */
async function send() {
  let most = MOST_AT_ONCE;
  while (state.queue.length > 0) {
    if (!state.session && !(await logIn())) {
      return later();
    }
    const batch = state.queue.slice(0, most);
    for (const event of batch) {
      event.at = event.at || new Date(event.seen + state.ahead).toISOString();
    }
    save();
    const events = batch.map(({ seen, ...event }) => event);
    const { status, body } = await ask("/events", { events });
    if (status === TOO_LARGE && batch.length > 1) {
      most = Math.ceil(batch.length / 2);
      continue;
    }
    const rejected = rejectedBy(status, body);
    if (!rejected) {
      return later();
    }
    for (const { index, reason } of rejected) {
      console.warn("wejourney rejected", index === undefined ? "a batch" : batch[index].name, reason);
    }
    const sent = new Set(batch.map(({ id }) => id));
    state.queue = state.queue.filter(({ id }) => !sent.has(id));
    failures = 0;
    save();
  }
}

/**
 * The events that the server rejects, which it would reject again; null: none of them is received yet. Any other
 * answer than our server's own, such as a 403 of a firewall or a 404 of a wrong address, is none.
 * @param {number} status
 * @param {Record<string, any>} body
 * @returns {{index?: number, reason: string}[] | null}
 */
function rejectedBy(status, body) {
  if (status === OK && typeof body.accepted === "number") {
    return body.rejected || [];
  }
  return (status === WRONG || status === TOO_LARGE) && body.error ? [{ reason: body.error }] : null;
}

function later() {
  const wait = WAIT_MS[Math.min(failures, WAIT_MS.length - 1)];
  failures += 1;
  if (timer) {
    clearTimeout(timer);
  }
  timer = setTimeout(() => void flush(), wait);
}

/** @returns {Promise<boolean>} */
async function logIn() {
  /** @type {string} */
  const code = await new Promise((done) => {
    wx.login({ success: (result) => done(result.code || ""), fail: () => done("") });
  });
  if (!code) {
    return false;
  }
  const { status, body } = await request("/session", { app_id: config.appId, code });
  if (status !== OK || typeof body.session !== "string") {
    return false;
  }
  state.session = body.session;
  state.ahead = Date.parse(body.now) - Date.now();
  save();
  return true;
}

/**
 * A request with the session, and once more with a new one if that is over.
 * @param {string} path
 * @param {Record<string, unknown>} [data]
 * @param {"GET" | "POST"} [method]
 * @returns {Promise<Answer>}
 */
async function ask(path, data, method = "POST") {
  /** @type {Answer} */
  let answer = { status: NO_SESSION, body: {} };
  for (let tries = 0; tries < 2 && answer.status === NO_SESSION; tries += 1) {
    if (tries > 0) {
      state.session = "";
    }
    if (!state.session && !(await logIn())) {
      return { status: 0, body: {} };
    }
    answer = await request(path, data, method);
  }
  return answer;
}

/**
 * @param {string} path
 * @param {Record<string, unknown>} [data]
 * @param {"GET" | "POST"} [method]
 * @returns {Promise<Answer>}
 */
function request(path, data, method = "POST") {
  const header = state.session ? { Authorization: `Bearer ${state.session}` } : {};
  return new Promise((done) => {
    wx.request({
      url: config.url + path,
      method,
      data,
      header: { "content-type": "application/json", ...header },
      success: ({ statusCode, data: body }) =>
        done({ status: statusCode, body: body && typeof body === "object" ? body : {} }),
      fail: () => done({ status: 0, body: {} }),
    });
  });
}

function save() {
  if (!config.url) {
    // What is stored has not been read yet.
    return;
  }
  try {
    wx.setStorageSync(STORED_AS, state);
  } catch (error) {
    console.warn("wejourney cannot store its events on this phone", error);
  }
}

/** An id that nobody else makes up. */
function newId() {
  return `${Date.now().toString(36)}_${random()}${random()}`;
}

function random() {
  return Math.random().toString(36).slice(2, 12);
}

const forGifts = { giveGift, gifts, lookAtGift, claimGift, takeGiftBack };

module.exports = { start, track, phone, address, newId, upload, leaders, flush, ...forGifts };
