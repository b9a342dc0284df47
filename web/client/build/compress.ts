/** Writes a .br and a .gz beside each file that is worth it, so that the server compresses nothing itself. */
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const WORTH_IT = /\.(js|css|html|svg|wasm|json)$/;
/** Below this, headers weigh more than what is saved. */
const SMALLEST_BYTES = 1024;

export function compress(): Plugin {
  let out = "dist";
  return {
    name: "compress",
    apply: "build",
    configResolved: (config) => void (out = config.build.outDir),
    async closeBundle() {
      const files = await readdir(out, { recursive: true });
      await Promise.all(files.filter((file) => WORTH_IT.test(file)).map((file) => beside(join(out, file))));
    },
  };
}

async function beside(file: string): Promise<void> {
  const bytes = await readFile(file);
  if (bytes.length < SMALLEST_BYTES) return;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(bytes, { params }),
    promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }),
  ]);
  await Promise.all([writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)]);
}
