import {Kind} from './kinds.js';
import type {ByteWriter} from './writer.js';

/** Writes an object that contains no other one. `false`, with nothing written, if it is no such object. */
export function writeLeaf(out: ByteWriter, object: object, tag: string | undefined): boolean {
  switch (tag) {
    case 'Date':
      out.byte(Kind.date);
      out.double(Date.prototype.getTime.call(object));
      return true;
    case 'RegExp':
      out.byte(Kind.regexp);
      out.text((object as RegExp).source);
      out.text((object as RegExp).flags);
      return true;
    case 'DOMException':
      writeException(out, object as DOMException);
      return true;
    case 'Blob':
      out.byte(Kind.blob);
      writeBlob(out, object as Blob);
      return true;
    case 'File':
      out.byte(Kind.file);
      writeBlob(out, object as File);
      out.text((object as File).name);
      out.double((object as File).lastModified);
      return true;
    default:
      return false;
  }
}

function writeException(out: ByteWriter, {message, name, stack}: DOMException): void {
  out.byte(Kind.exception);
  out.text(message);
  out.text(name);
  if (typeof stack === 'string') out.text(stack);
  else out.byte(Kind.absent);
}

function writeBlob(out: ByteWriter, {type, size}: Blob): void {
  out.text(type);
  out.natural(size);
}
