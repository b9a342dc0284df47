import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, it } from "vitest";
import { type Session, storePrefix } from "./session";
import { draftPrefix, openStores, sweep, wipeDevice, wipeTyped } from "./stores";
import { openVault } from "./vault";

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

const session: Session = { homeserver: "http://hs", userId: "@a:x", deviceId: "DEV", accessToken: "t" };

function makeDatabase(name: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
  });
}

async function makeCryptoStore() {
  const prefix = await storePrefix(session);
  for (const part of ["matrix-sdk-crypto", "matrix-sdk-crypto-meta"]) await makeDatabase(`${prefix}::${part}`);
}

describe("a device's stores", () => {
  it("have a key of 32 bytes that stays the same", async () => {
    const vault = await openVault();
    const first = await openStores(vault, session);
    expect(first?.key).toHaveLength(32);
    expect((await openStores(vault, session))?.key).toEqual(first?.key);
    expect((await openStores(vault, { ...session, deviceId: "OTHER" }))?.key).not.toEqual(first?.key);
  });

  it("are lost when the keys are gone though they were there", async () => {
    const vault = await openVault();
    await openStores(vault, session);
    expect(await openStores(vault, { ...session, deviceKey: "k" })).toBeUndefined();
    await makeCryptoStore();
    expect(await openStores(vault, { ...session, deviceKey: "k" })).toBeDefined();
  });

  it("that are nobody's go, others stay", async () => {
    const vault = await openVault();
    const gone = { ...session, deviceId: "GONE" };
    await openStores(vault, gone);
    await openStores(vault, session);
    await makeCryptoStore();
    const strange = await storePrefix(gone);
    for (const name of [`${strange}::matrix-sdk-crypto`, `matrix-js-sdk:${strange}`, "another-page"]) await makeDatabase(name);
    await sweep(vault, session);
    const mine = await storePrefix(session);
    expect((await indexedDB.databases()).map((d) => d.name).sort()).toEqual(
      ["another-page", "verbatim", `${mine}::matrix-sdk-crypto`, `${mine}::matrix-sdk-crypto-meta`].sort(),
    );
    expect((await vault.list("store-key:")).map(([name]) => name)).toEqual([`store-key:${mine}`]);
  });

  it("leave nothing behind when they are wiped, and drafts only when these are too", async () => {
    const vault = await openVault();
    await openStores(vault, session);
    await makeCryptoStore();
    await vault.put(`${draftPrefix("@a:x")}!r`, "typed");
    await vault.put(`${draftPrefix("@b:x")}!r`, "another's");
    await wipeDevice(vault, session);
    expect((await indexedDB.databases()).map((d) => d.name)).toEqual(["verbatim"]);
    expect(await vault.list("store-key:")).toEqual([]);
    expect(await vault.list("draft:")).toHaveLength(2);
    await wipeTyped(vault, "@a:x");
    expect((await vault.list("draft:")).map(([name]) => name)).toEqual(["draft:@b:x:!r"]);
  });
});
