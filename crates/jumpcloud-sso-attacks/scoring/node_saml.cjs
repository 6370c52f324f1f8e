// node-saml: node node_saml.cjs FOLDER.
const fs = require("node:fs");
const path = require("node:path");
const { Worker, isMainThread, parentPort, workerData } = require("node:worker_threads");
const { SAML } = require("@node-saml/node-saml");

const RealDate = Date;

/** Has `new Date()` and `Date.now()` say the time of a case. */
function setClock(at) {
  const now = RealDate.parse(at);
  globalThis.Date = class extends RealDate {
    constructor(...values) {
      super(...(values.length === 0 ? [now] : values));
    }
    static now() {
      return now;
    }
  };
}

/** Remembers the one request of a case. */
function requests(id) {
  return {
    saveAsync: async () => null,
    getAsync: async (key) => (key === id ? new Date().toISOString() : null),
    removeAsync: async () => null,
  };
}

async function accepts(folder, entry) {
  setClock(entry.at);
  const saml = new SAML({
    callbackUrl: entry.acs_url,
    entryPoint: "https://sso.jumpcloud.com/saml2/acme",
    issuer: entry.sp_entity_id,
    audience: entry.sp_entity_id,
    idpIssuer: entry.idp_entity_id,
    idpCert: fs.readFileSync(path.join(folder, entry.certificates[0]), "utf8"),
    // Either signature will do, and has to: JumpCloud signs the assertion, the Response, or both.
    wantAuthnResponseSigned: false,
    wantAssertionsSigned: false,
    acceptedClockSkewMs: entry.clock_skew * 1000,
    validateInResponseTo: entry.request_id === null ? "ifPresent" : "always",
    cacheProvider: requests(entry.request_id),
  });
  const field = fs.readFileSync(path.join(folder, entry.file)).toString("base64");
  const { profile } = await saml.validatePostResponseAsync({ SAMLResponse: field });
  return profile !== null;
}

/** The messages that all implementations can be asked about: see cases.py. */
function cases(folder) {
  const lines = fs.readFileSync(path.join(folder, "manifest.jsonl"), "utf8").trim().split("\n");
  const entries = lines.map((line) => JSON.parse(line));
  const requires = (it) => it.requires_signed_response || it.authn_contexts !== null || it.algorithms !== null;
  const isPlain = (it) => it.file.endsWith(".xml") && !it.decryption_key && !requires(it);
  return entries.filter((it) => it.certificates.length === 1 && isPlain(it));
}

/** Answers one message after the other. */
function work({ folder, entries }) {
  parentPort.on("message", async (index) => {
    // Whatever it throws, it has not let anybody in.
    parentPort.postMessage(await accepts(folder, entries[index]).catch(() => false));
  });
}

/** Asks about one message after the other; one that takes ten seconds has not answered. */
async function main() {
  const folder = process.argv[2];
  const entries = cases(folder);
  const start = () => new Worker(__filename, { workerData: { folder, entries }, stderr: true });
  let worker = start();
  for (const [index, entry] of entries.entries()) {
    const accepted = await new Promise((resolve) => {
      const late = setTimeout(() => {
        worker.terminate();
        worker = start();
        resolve(null);
      }, 10_000);
      worker.once("message", (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
      worker.postMessage(index);
    });
    if (accepted !== null) console.log(accepted ? "accept" : "reject", entry.name);
  }
  await worker.terminate();
}

if (isMainThread) main();
else work(workerData);
