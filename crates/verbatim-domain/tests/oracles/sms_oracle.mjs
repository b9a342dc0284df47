// Compares the SMS vectors with the npm package `sms-segments-calculator`, which we did not write.
//
// Usage: node sms_oracle.mjs VECTORS.json
// The package is looked up from the working directory, so that it need not be installed in the tree.
// Exits with 1 and names each disagreement that is not a known fault of the oracle, and each known
// fault that no longer shows (so that this list stays true).

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { SegmentedMessage } = createRequire(join(process.cwd(), "package.json"))("sms-segments-calculator");

// Vectors that sms-segments-calculator 1.3.0 gets wrong, and why that is its fault.
const KNOWN_FAULTS = new Set([
  // Never cuts a character cluster, even where that costs a further segment. TS 23.040 knows only code
  // units, and a phone joins the segments before it shows anything.
  "family across the cut",
]);

const ENCODINGS = { "GSM-7": "gsm7", "UCS-2": "ucs2" };
const BITS_PER_UNIT = { gsm7: 7, ucs2: 16 };

/** Encoding, units, and segments with 8-bit references, as the calculator sees them. */
function measure(text) {
  const message = new SegmentedMessage(text, "auto", false);
  const encoding = ENCODINGS[message.getEncodingName()];
  return { encoding, units: message.messageSize / BITS_PER_UNIT[encoding], segments: message.segmentsCount };
}

function main(path) {
  const vectors = JSON.parse(readFileSync(path, "utf8"));
  const complaints = [];
  const unseen = new Set(KNOWN_FAULTS);
  for (const vector of vectors) {
    const seen = measure(vector.text);
    const agrees = Object.keys(seen).every((key) => seen[key] === vector[key]);
    unseen.delete(vector.name);
    if (agrees === KNOWN_FAULTS.has(vector.name)) {
      const { encoding, units, segments } = vector;
      const [ours, theirs] = [{ encoding, units, segments }, seen].map((it) => JSON.stringify(it));
      complaints.push(`${vector.name}: vectors say ${ours}, sms-segments-calculator says ${theirs}`);
    }
  }
  for (const name of unseen) complaints.push(`${name}: in the list of known faults, but no such vector`);
  if (vectors.length === 0) complaints.push("no vectors");
  for (const complaint of complaints) console.error(complaint);
  if (complaints.length > 0) process.exit(1);
  const agreed = vectors.length - KNOWN_FAULTS.size;
  console.log(`sms-segments-calculator agrees on ${agreed} vectors; ${KNOWN_FAULTS.size} are known faults of it`);
}

if (process.argv.length !== 3) {
  console.error("usage: sms_oracle.mjs VECTORS.json");
  process.exit(2);
}
main(process.argv[2]);
