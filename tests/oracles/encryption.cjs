// WeChat's callback encryption by two npm packages: one JSON request a line in, one JSON answer a line out.
// Request: {package, do: "encrypt"|"decrypt"|"sign", token, key, app_id, and message|encrypted|timestamp, nonce}.
const readline = require('node:readline');
const WechatCrypto = require('wechat-crypto');
const wecom = require('@wecom/crypto');

const packages = {
  'wechat-crypto': {
    encrypt: (r) => ({ encrypted: new WechatCrypto(r.token, r.key, r.app_id).encrypt(r.message) }),
    decrypt: (r) => new WechatCrypto(r.token, r.key, r.app_id).decrypt(r.encrypted),
    sign: (r) => ({
      signature: new WechatCrypto(r.token, r.key, r.app_id).getSignature(r.timestamp, r.nonce, r.encrypted),
    }),
  },
  '@wecom/crypto': {
    encrypt: (r) => ({ encrypted: wecom.encrypt(r.key, r.message, r.app_id) }),
    decrypt: ({ key, encrypted }) => {
      const { message, id } = wecom.decrypt(key, encrypted);
      return { message, id };
    },
    sign: (r) => ({ signature: wecom.getSignature(r.token, r.timestamp, r.nonce, r.encrypted) }),
  },
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(packages[request.package][request.do](request))}\n`);
});
