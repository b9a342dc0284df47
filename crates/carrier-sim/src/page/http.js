// Requests to the control API. Every failure is an error with a sentence for people.

export async function get(path) {
  return read(await reach(path));
}

export async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return read(await reach(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function reach(path, request) {
  try {
    return await fetch(path, request);
  } catch (cause) {
    throw new Error("The simulated carrier does not answer.", { cause });
  }
}

async function read(answer) {
  const result = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(result?.error ? sentence(result.error) : `The simulated carrier answered ${answer.status}.`);
  if (result === null) throw new Error("The simulated carrier’s answer cannot be read.");
  return result;
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;
