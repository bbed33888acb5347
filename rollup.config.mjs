import {join} from 'node:path';
import nodeResolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import {licences} from './build/licences.mjs';
import {slimPeerJS} from './build/slim-peerjs.mjs';

const banner = '/*! Contains the work of others: see LICENSES.txt */';
const plugins = [slimPeerJS(), nodeResolve({browser: true})];
/** What only pages with a password load. It stands beside the one file. */
const password = 'peer-group.password.min.js';

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
    external: [join(import.meta.dirname, 'dist/cpace.js')],
    output: {
      file: 'dist/peer-group.min.js',
      format: 'es',
      inlineDynamicImports: true,
      sourcemap: true,
      banner,
      paths: (/** @type {string} */ id) => (id.endsWith('cpace.js') ? `./${password}` : id),
    },
    plugins: [...plugins, terser({module: true})],
  },
  {
    input: 'dist/cpace.js',
    output: {
      file: `dist/${password}`,
      format: 'es',
      sourcemap: true,
      banner,
    },
    plugins: [...plugins, terser({module: true})],
  },
];
