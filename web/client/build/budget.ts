/** Fails the build when what is ours has grown too large: all that is not the SDK, compressed. */
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Chunks of the SDK and of its encryption have names of their own; see `vite.config.ts`. */
const NOT_OURS = /(^|\/)(sdk|crypto)[-.]/;

export function budget(mostBytes: number): Plugin {
  return {
    name: "budget",
    apply: "build",
    generateBundle(_options, bundle) {
      let [ours, others] = [0, 0];
      for (const file of Object.values(bundle)) {
        if (!/\.(js|css)$/.test(file.fileName)) continue;
        const size = gzipSync(file.type === "chunk" ? file.code : file.source, { level: 9 }).length;
        if (NOT_OURS.test(file.fileName)) others += size;
        else ours += size;
      }
      this.info(`ours ${kilo(ours)} of ${kilo(mostBytes)}, the SDK ${kilo(others)} (gzip, without wasm)`);
      if (ours > mostBytes) this.error(`the client weighs ${kilo(ours)} compressed, and may weigh ${kilo(mostBytes)}`);
    },
  };
}

const kilo = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`;
