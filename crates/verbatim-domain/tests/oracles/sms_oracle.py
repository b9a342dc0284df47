"""Compares the SMS vectors with the Python package `smsutil`, which we did not write.

Usage: sms_oracle.py VECTORS.json
Exits with 1 and names each disagreement that is not a known fault of the oracle, and each known
fault that no longer shows (so that this list stays true).
"""

import json
import sys

import smsutil

# Vectors that smsutil 1.1.3 gets wrong, and why that is its fault.
KNOWN_FAULTS = {
    # Its test for the alphabet wants at least one character, so nothing at all counts as UTF-16.
    "empty",
    # Takes the escape code itself for a character of the alphabet; TS 23.038 has none there.
    "escape character",
}

ENCODINGS = {"gsm0338": "gsm7", "utf_16_be": "ucs2"}
OCTETS_PER_UNIT = {"gsm7": 1, "ucs2": 2}


def measure(text):
    """Encoding, units, and segments with 8-bit references, as smsutil sees them."""
    result = smsutil.split(text)
    encoding = ENCODINGS[result.encoding]
    units = sum(part.bytes for part in result.parts) // OCTETS_PER_UNIT[encoding]
    return {"encoding": encoding, "units": units, "segments": len(result.parts)}


def main(path):
    with open(path, encoding="utf-8") as file:
        vectors = json.load(file)
    complaints = []
    unseen = set(KNOWN_FAULTS)
    for vector in vectors:
        name = vector["name"]
        seen = measure(vector["text"])
        ours = {key: vector[key] for key in seen}
        unseen.discard(name)
        if (seen == ours) == (name in KNOWN_FAULTS):
            complaints.append(f"{name}: vectors say {ours}, smsutil says {seen}")
    complaints += [f"{name}: in the list of known faults, but no such vector" for name in unseen]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if not vectors:
        sys.exit("no vectors")
    if complaints:
        sys.exit(1)
    print(f"smsutil agrees on {len(vectors) - len(KNOWN_FAULTS)} vectors; {len(KNOWN_FAULTS)} are known faults of it")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: sms_oracle.py VECTORS.json")
    main(sys.argv[1])
