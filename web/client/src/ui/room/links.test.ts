import { expect, test } from "vitest";
import { pieces } from "./links";

function check(text: string, links: string[]) {
  const cut = pieces(text);
  expect(cut.map((p) => p.text).join("")).toBe(text);
  expect(cut.filter((p) => p.href).map((p) => p.text)).toEqual(links);
}

test("addresses become links, without the sentence around them", () => {
  check("", []);
  check("none here", []);
  check("See https://acme.example/a?b=1.", ["https://acme.example/a?b=1"]);
  check("(https://acme.example/a) and http://b.example!", ["https://acme.example/a", "http://b.example"]);
  check("https://en.example/x_(y)", ["https://en.example/x_(y)"]);
});

test("what can deceive stays text", () => {
  check("https://acme.example@evil.example/", []);
  check("https://аcme.example/", []); // a Cyrillic letter
  check("https://xn--cme-8cd.example/", []);
  check("javascript:alert(1) data:text/html,x ftp://a.example", []);
  check("https://localhost/", []);
});
