import { defineConfig } from 'vite'

/**
 * Relative addresses, so that the page works under any path; no inlined file and no inline script,
 * because the policy of the server allows neither.
 */
export default defineConfig({
  base: './',
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: false,
    emptyOutDir: true,
  },
})
