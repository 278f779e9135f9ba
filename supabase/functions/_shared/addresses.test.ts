import assert from "node:assert/strict";
import { serviceAddress } from "./addresses.ts";

const accepted = [
  "https://api.resend.com",
  "https://hooks.slack.com/services/T0/B0/x",
  "http://localhost:8080",
  "http://127.0.0.1:8080/emails",
  "http://127.9.9.9",
  "http://[::1]:8080",
];

const refused = [
  "",
  "api.resend.com",
  "http://api.resend.com",
  "http://127.0.0.1.example.com",
  "http://127.example.com",
  "http://localhost.example.com",
  "http://my-localhost",
  "http://localhost@example.com",
  "http://example.com/127.0.0.1",
  "ftp://127.0.0.1",
  "http://192.168.0.1",
  "http://10.127.0.0.1.example.com",
  "https://user:password@hooks.slack.com/services/T0/B0/x",
  "https://user@api.resend.com",
];

for (const address of accepted) {
  Deno.test(`a credential may be sent to ${address}`, () =>
    assert.equal(serviceAddress.safeParse(address).success, true));
}

for (const address of refused) {
  Deno.test(`a credential may not be sent to ${JSON.stringify(address)}`, () =>
    assert.equal(serviceAddress.safeParse(address).success, false));
}
