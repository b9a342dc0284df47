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

/** Types into the composer and waits until it lies on the disk. */
export async function typeDraft(client, words) {
  const before = await drafts(client.page);
  await client.composer.fill(words);
  await until("the draft is kept", async () => (await drafts(client.page)) > before);
}

async function drafts(page) {
  const [, records] = await kept(page);
  return records.filter((name) => name.startsWith("draft:")).length;
}
