/** Builds the test world by itself, under the same rules as the real page. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  build: { target: "es2022", assetsInlineLimit: 0, emptyOutDir: true },
});
