// Notices of WeChat Pay by two npm packages: one JSON request a line in, one JSON answer a line out.
// Requests: {do: "check", target, timestamp, nonce, signature, pem} and {do: "build", private_key, api_v3_key, event_type, original_type, plaintext, timestamp, nonce} by
// wechatpay-axios-plugin, and {do: "open", pem, api_v3_key, serial, signature, timestamp, nonce, body} by wechatpay-node-v3.
const readline = require('node:readline');
const { createPublicKey } = require('node:crypto');
const { Aes, Formatter, Rsa } = require('wechatpay-axios-plugin');
const WechatPay = require('wechatpay-node-v3');

const Pay = WechatPay.default || WechatPay;

function build(r) {
  const nonce = Formatter.nonce(12);
  const body = JSON.stringify({
    id: 'EV-2018022511223320873',
    create_time: r.create_time,
    resource_type: 'encrypt-resource',
    event_type: r.event_type,
    summary: '支付成功',
    resource: {
      original_type: r.original_type,
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: Aes.AesGcm.encrypt(r.plaintext, r.api_v3_key, nonce, r.original_type),
      associated_data: r.original_type,
      nonce,
    },
  });
  return { body, signature: Rsa.sign(Formatter.response(r.timestamp, r.nonce, body), r.private_key) };
}

// Whether it would have signed a GET request to this address alike.
function check(r) {
  const asked = Formatter.request('GET', r.target, r.timestamp, r.nonce);
  return { verified: Rsa.verify(asked, r.signature, createPublicKey(r.pem)) };
}

async function open(r) {
  // Both kinds of keys are in its one list, so that it asks no server for certificates.
  Pay.certificates = { [r.serial]: createPublicKey(r.pem).export({ type: 'spki', format: 'pem' }) };
  const headers = { timestamp: r.timestamp, nonce: r.nonce, serial: r.serial, signature: r.signature };
  const verified = await Pay.prototype.verifySign.call(Pay.prototype, { ...headers, body: r.body });
  if (!verified) return { verified };
  const { ciphertext, associated_data: associated, nonce } = JSON.parse(r.body).resource;
  return { verified, resource: Pay.prototype.decipher_gcm(ciphertext, associated, nonce, r.api_v3_key) };
}

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const request = JSON.parse(line);
  const answer = await { build, check, open }[request.do](request);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
