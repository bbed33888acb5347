/** What a TypeScript user of React sees; compiled, never run. */
import 'peer-group/define.js';
import type {PeerGroup} from 'peer-group';
import {useRef, useState} from 'react';

export function Room({name}: {readonly name: string}) {
  const group = useRef<PeerGroup>(null);
  const [lines, setLines] = useState<readonly string[]>([]);
  return (
    <>
      <button onClick={() => void group.current?.send('Hello')}>Hello</button>
      <peer-group
        ref={group}
        group="example.org/chess-42"
        name={name}
        profile={{colour: 'white'}}
        approval
        onmessage={({detail}) => setLines(lines => [...lines, detail.from.name])}
      />
      {/* @ts-expect-error: a group's name is a text. */}
      <peer-group group={42} />
      {/* @ts-expect-error: there is no such property, and the type knows it. */}
      <peer-group grope="example.org/chess-42" />
      {lines.map((line, at) => (
        <p key={at}>{line}</p>
      ))}
    </>
  );
}
