import { defineConfig } from "vite";
import { budget } from "./build/budget.ts";
import { compress } from "./build/compress.ts";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [budget(60_000), compress()],
  build: {
    target: "es2022",
    // The Content-Security-Policy knows no data: addresses.
    assetsInlineLimit: 0,
    // A polyfill would be an inline script; all browsers that can run the rest preload by themselves.
    modulePreload: { polyfill: false },
    sourcemap: false,
    // The encryption is 7.8 MB of wasm, loaded while one signs in.
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // By itself, or the first page would have to load whatever it is put beside.
            { name: "load", test: /preload-helper/, priority: 1 },
            { name: "crypto", test: /node_modules[\\/]@matrix-org[\\/]matrix-sdk-crypto-wasm/ },
            { name: "sdk", test: /node_modules[\\/](?!preact|@preact)/ },
          ],
        },
      },
    },
  },
});
