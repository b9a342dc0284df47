/** What the page keeps in this browser. */
import { until } from "./wait.mjs";

/** The names of the databases that the page has in this browser, and of the records in the vault. */
export async function kept(page) {
  return page.evaluate(async () => {
    const names = (await indexedDB.databases()).map(({ name }) => name).sort();
    const vault = await new Promise((resolve, reject) => {
      const request = indexedDB.open("verbatim");
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const records = await new Promise((resolve, reject) => {
      const request = vault.transaction("sealed").objectStore("sealed").getAllKeys();
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    vault.close();
    return [names, records];
  });
}

/** Waits until what is being typed lies on the disk. */
export async function draftIsKept(page) {
  await until("the draft is kept", async () => (await kept(page))[1].some((name) => name.startsWith("draft:")));
}
