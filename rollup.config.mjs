import {join} from 'node:path';
import nodeResolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import {licences} from './build/licences.mjs';
import {slimPeerJS} from './build/slim-peerjs.mjs';

const banner = '/*! Contains the work of others: see LICENSES.txt */';
/**
 * Whoever loads the one file joins soon, and a page that compiles each function when it is first called joins 45 ms later. Chromium
 * takes this hint at the beginning of a file (https://v8.dev/blog/explicit-compile-hints).
 */
const compileHint = '//# allFunctionsCalledOnLoad';

/**
 * @noble/curves is given what WebCrypto has hashed, and hashes nothing itself. Who bundles the modules has its SHA-512 too, in
 * what is loaded only where there is a password.
 */
const withoutHash = {
  name: 'without-hash',
  resolveId: (/** @type {string} */ id) =>
    id === '@noble/hashes/sha2.js' ? join(import.meta.dirname, 'build/unused.mjs') : undefined,
};

const plugins = [slimPeerJS(), nodeResolve({browser: true})];

export default [
  // PeerJS, in the place of the module that imports it: so it is slim for those too who bundle the modules themselves.
  {
    input: 'dist/transport/peerjs-library.js',
    output: {dir: 'dist', entryFileNames: 'transport/[name].js', format: 'es', sourcemap: true, banner},
    plugins: [...plugins, licences()],
  },
  // Everything else in one file, for `<script type="module" src="peer-group.min.js">`.
  {
    input: 'dist/define.js',
    output: {
      file: 'dist/peer-group.min.js',
      format: 'es',
      inlineDynamicImports: true,
      sourcemap: true,
      banner,
    },
    plugins: [
      withoutHash,
      ...plugins,
      terser({module: true, ecma: 2022, compress: {passes: 2}, format: {preamble: compileHint}}),
    ],
  },
];
