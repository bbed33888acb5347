import {create} from './dom.js';

/** Shown as images. Not SVG, which can hold scripts that run when it is opened on its own. */
const imageTypes = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'];

/** @param {Blob} file */
export function fileName(file) {
  return (file instanceof File && file.name) || 'file';
}

/** @param {number} bytes */
export function sizeText(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  const [unit, size] = bytes < 1e6 ? ['kB', bytes / 1e3] : bytes < 1e9 ? ['MB', bytes / 1e6] : ['GB', bytes / 1e9];
  return `${size.toFixed(size < 10 ? 1 : 0)} ${unit}`;
}

/**
 * A link that saves the file, with the image in it if it is one. It lives until `releaseFiles`.
 * @param {Blob} file
 */
export function fileLink(file) {
  const isImage = imageTypes.includes(file.type);
  // Of no other type, lest the browser show what a stranger sent as a page of this site.
  const type = isImage ? file.type : 'application/octet-stream';
  const href = URL.createObjectURL(new Blob([file], {type}));
  const download = fileName(file);
  const label = create('span', {}, create('bdi', {}, download), ` (${sizeText(file.size)})`);
  const link = create('a', {className: 'file', href, download, title: `Save ${download}`}, label);
  if (isImage) link.prepend(create('img', {src: href, alt: ''}));
  return link;
}

/**
 * Gives back the memory of the files that are shown in `element`.
 * @param {Element} element
 */
export function releaseFiles(element) {
  for (const link of element.querySelectorAll('a')) URL.revokeObjectURL(link.href);
}
