import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, it } from "vitest";
import { openVault } from "./vault";

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

function raw<T>(act: (store: IDBObjectStore) => IDBRequest<T>, store = "sealed"): Promise<T> {
  return new Promise((resolve, reject) => {
    const open = indexedDB.open("verbatim", 1);
    open.onsuccess = () => {
      const request = act(open.result.transaction(store, "readwrite").objectStore(store));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    };
  });
}

describe("the vault", () => {
  it("gives back what was put, also when opened again", async () => {
    await (await openVault()).put("draft:a", "Good morning");
    expect(await (await openVault()).get("draft:a")).toBe("Good morning");
  });

  it("keeps nothing in the clear, and a key that cannot be taken out", async () => {
    await (await openVault()).put("draft:a", "Good morning");
    const sealed = await raw((store) => store.get("draft:a"));
    expect(sealed).toMatchObject({ v: 1 });
    expect(sealed.iv).toHaveLength(12);
    expect(new TextDecoder("latin1").decode(sealed.data)).not.toContain("Good");
    const key = await raw((store) => store.get("vault"), "keys");
    expect(key).toMatchObject({ extractable: false, algorithm: { name: "AES-GCM", length: 256 } });
  });

  it("does not open a record under another name, or one of another form", async () => {
    const vault = await openVault();
    await vault.put("a", 1);
    const sealed = await raw((store) => store.get("a"));
    await raw((store) => store.put(sealed, "b"));
    await raw((store) => store.put({ ...sealed, v: 2 }, "c"));
    expect(await vault.get("b")).toBeUndefined();
    expect(await vault.get("c")).toBeUndefined();
  });

  it("lists by prefix, in order, without what was deleted", async () => {
    const vault = await openVault();
    for (const name of ["outbox:2", "outbox:1", "outbox:3", "outby"]) await vault.put(name, name);
    await vault.delete("outbox:3");
    expect(await vault.list("outbox:")).toEqual([["outbox:1", "outbox:1"], ["outbox:2", "outbox:2"]]);
  });

  it("writes in the order it was asked to, however long sealing takes, and with a text its draft goes", async () => {
    const vault = await openVault();
    const large = "x".repeat(3_000_000);
    await Promise.all([vault.put("draft:a", large), vault.put("outbox:1", "sent", { gone: "draft:a" }), vault.put("b", large), vault.put("b", "new")]);
    expect(await vault.get("draft:a")).toBeUndefined();
    expect(await vault.get("outbox:1")).toBe("sent");
    expect(await vault.get("b")).toBe("new");
  });

  it("two tabs at once get the same key", async () => {
    const [a, b] = await Promise.all([openVault(), openVault()]);
    await a.put("x", 1);
    expect(await b.get("x")).toBe(1);
  });
});
