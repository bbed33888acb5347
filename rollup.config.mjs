import commonjs from '@rollup/plugin-commonjs';
import nodeResolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import {licences} from './rollup-licences.mjs';

/** Everything in one file, for `<script type="module" src="peer-group.min.js">`. */
export default {
  input: 'dist/define.js',
  output: {file: 'dist/peer-group.min.js', format: 'es', inlineDynamicImports: true, sourcemap: true},
  plugins: [nodeResolve({browser: true}), commonjs(), terser({module: true}), licences()],
};
