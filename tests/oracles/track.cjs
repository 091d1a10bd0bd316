// infra/mini-program/track.js on phones of tests, one after the other: one JSON command a line in, one JSON answer a line out.
// The phone has WeChat's storage, login and requests, a switch for its network, and a clock that may be wrong.
const http = require('node:http');
const path = require('node:path');
const readline = require('node:readline');

const FILE = path.resolve(process.argv[2]);
const phone = {};
const now = Date.now;
Date.now = () => now() + phone.clock;
console.warn = (...words) => phone.warnings.push(words.map(String).join(' '));
// No timer fires by itself: a command says when time has passed.
const timers = [];
global.setTimeout = (run) => timers.push(run);
global.clearTimeout = () => { timers.length = 0; };

function post({ url, data, method, header, success, fail }) {
  if (!phone.online) {
    process.nextTick(() => fail({ errMsg: 'request:fail' }));
    return;
  }
  const body = data === undefined ? '' : JSON.stringify(data);
  const headers = { ...header, 'content-length': Buffer.byteLength(body) };
  const sent = http.request(url, { method, headers }, (response) => {
    const parts = [];
    response.on('data', (part) => parts.push(part));
    response.on('end', () => {
      const text = Buffer.concat(parts).toString();
      phone.requests.push({ path: new URL(url).pathname, status: response.statusCode, data });
      // The server has done it, and its answer is lost.
      if (phone.loses > 0) { phone.loses -= 1; fail({ errMsg: 'request:fail timeout' }); return; }
      let read = text;
      try { read = JSON.parse(text); } catch { /* WeChat gives what is no JSON as a text */ }
      success({ statusCode: response.statusCode, data: read });
    });
  });
  sent.on('error', () => fail({ errMsg: 'request:fail' }));
  sent.end(body);
}

global.wx = {
  // WeChat stores a copy.
  getStorageSync: (key) => (phone.storage[key] ? JSON.parse(phone.storage[key]) : ''),
  setStorageSync: (key, value) => { phone.storage[key] = JSON.stringify(value); },
  onAppShow: () => {},
  onNetworkStatusChange: (listener) => phone.listeners.push(listener),
  login: ({ success, fail }) => {
    if (!phone.online) { fail({ errMsg: 'login:fail' }); return; }
    phone.logins += 1;
    success({ code: `code-of-${phone.openid}-${phone.logins}`, errMsg: 'login:ok' });
  },
  request: post,
  uploadFile: ({ url, filePath, name, formData, success, fail }) => {
    if (!phone.online) { fail({ errMsg: 'uploadFile:fail' }); return; }
    const form = new FormData();
    Object.entries(formData).forEach(([field, value]) => form.append(field, value));
    form.append(name, new Blob([`contents of ${filePath}`]), 'photo');
    fetch(url, { method: 'POST', body: form }).then(
      (response) => success({ statusCode: response.status, data: '' }),
      () => fail({ errMsg: 'uploadFile:fail' }),
    );
  },
};

let track;

function load() {
  delete require.cache[FILE];
  phone.listeners = [];
  track = require(FILE);
}

const commands = {
  new: async () => {
    timers.length = 0;
    Object.keys(phone).forEach((name) => delete phone[name]);
    Object.assign(phone, { online: true, loses: 0, clock: 0, storage: {}, warnings: [], requests: [], logins: 0 });
    load();
  },
  start: async ({ url, app_id: appId, openid, ...more }) => { phone.openid = openid; track.start({ url, appId, ...more }); await track.flush(); },
  track: async ({ name, properties, about }) => { track.track(name, properties, about); await track.flush(); },
  phone: async ({ code }) => track.phone(code),
  call: async ({ name, values }) => track[name](...values),
  set: async (values) => Object.assign(phone, values),
  connect: async () => { phone.online = true; phone.listeners.forEach((l) => l({ isConnected: true })); await track.flush(); },
  wait: async () => { const due = timers.splice(0); due.forEach((run) => run()); await track.flush(); },
  restart: async ({ url, app_id: appId, early = [] }) => {
    load();
    early.forEach((product) => track.track('product.viewed', { product }));
    track.start({ url, appId });
    await track.flush();
  },
};

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const { do: name, ...values } = JSON.parse(line);
  const result = await commands[name](values);
  const { queue } = JSON.parse(phone.storage.wejourney || '{"queue": []}');
  const { requests, warnings } = phone;
  phone.requests = []; phone.warnings = [];
  process.stdout.write(`${JSON.stringify({ result, queued: queue.length, requests, warnings, logins: phone.logins })}\n`);
});
