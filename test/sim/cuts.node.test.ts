import {strict as assert} from 'node:assert';
import {describe, it} from 'node:test';
import {server} from '../transport/memory.js';
import type {Actor} from './actor.js';
import {heard, Stage} from './stage.js';

const names = (actor: Actor): string => (actor.membership?.members ?? []).map(({name}) => name).join();

class Split {
  readonly #pairs: readonly (readonly [string, string])[];
  readonly #stage: Stage;

  /** Nobody of the one half hears anybody of the other. Both keep the server. */
  constructor(stage: Stage, one: readonly Actor[], other: readonly Actor[]) {
    this.#stage = stage;
    stage.expect('unreachable', 'connection-lost', 'bad-proof', 'server-unreachable');
    this.#pairs = one.flatMap(a => other.map(b => [a.name, b.name] as const));
    for (const [a, b] of this.#pairs) stage.world.network.cut(a, b);
  }

  heal(): void {
    for (const [a, b] of this.#pairs) this.#stage.world.network.heal(a, b);
  }
}

void describe('A cut', () => {
  void it('shorter than `grace` is told to nobody, whoever is on which side', async () => {
    for (const size of [1, 2, 3]) {
      const stage = await Stage.set(5);
      const people = stage.world.actors;
      const mark = stage.mark;
      const split = new Split(stage, people.slice(0, size), people.slice(size));
      people[0]?.send(undefined, 0);
      await stage.advance(stage.world.grace - 600);
      split.heal();
      await stage.whole();
      assert.deepEqual(stage.told(/ sees /, mark), []);
      await stage.end();
    }
  });

  void it('in two halves leaves each with one host, and is healed with one roster and one event for each change', async () => {
    const stage = await Stage.set(5);
    const people = stage.world.actors;
    const [a, b, c, d, e] = people as [Actor, Actor, Actor, Actor, Actor];
    const split = new Split(stage, [a, b], [c, d, e]);
    await stage.until(
      () => [a, b].every(one => names(one) === 'Ann,Bob') && [c, d, e].every(one => names(one) === 'Carl,Dora,Emil'),
    );
    assert.deepEqual([b.membership?.host?.name, e.membership?.host?.name], ['Ann', 'Carl']);
    const mark = stage.mark;
    split.heal();
    await stage.whole();
    // The larger part of those who were together goes on; the others come back to it.
    assert.equal(a.membership?.host?.name, 'Carl');
    for (const one of [c, d, e]) {
      assert.deepEqual(stage.told(new RegExp(`^${one.name} sees`), mark).sort(), [
        `${one.name} sees Ann come`,
        `${one.name} sees Bob come`,
      ]);
    }
    await stage.end();
  });

  for (const half of [1, 2]) {
    void it(`${half}+${half} with newcomers on both sides asks about the losing side's again, and about nobody else`, async () => {
      const stage = await Stage.set(2 * half + 2, 2 * half);
      const people = stage.world.actors;
      const [one, other] = [people.slice(0, half), people.slice(half, 2 * half)];
      const [x, y] = people.slice(2 * half) as [Actor, Actor];
      const split = new Split(stage, [...one, x], [...other, y]);
      await stage.until(() => people.slice(0, 2 * half).every(actor => actor.membership?.members.length === half));
      // Each side lets in whom it can reach.
      for (const actor of people) actor.decide = 'later';
      const [left, right] = [one[0], other[0]] as [Actor, Actor];
      // The server is one: its meeting point belongs to one of the two hosts at a time.
      x.join();
      y.join();
      await stage.until(() => [left, right].some(host => host.requests.length > 0), 60_000);
      for (let round = 0; round < 40; round += 1) {
        for (const host of [left, right]) for (const request of host.requests.splice(0)) request.accept();
        await stage.advance(500);
      }
      const mark = stage.mark;
      split.heal();
      const asked: string[] = [];
      const began = stage.now;
      while (stage.world.disagreement && stage.now - began < 120_000) {
        for (const actor of people) {
          for (const request of actor.requests.splice(0)) {
            asked.push(request.member.name);
            request.accept();
          }
        }
        await stage.advance(50);
      }
      await stage.whole();
      // Whoever was in the last common roster is never asked about.
      const old = new Set(people.slice(0, 2 * half).map(({name}) => name));
      assert.deepEqual(
        asked.filter(name => old.has(name)),
        [],
        `asked about ${asked.join()}`,
      );
      for (const actor of people) {
        const told = stage.told(new RegExp(`^${actor.name} sees`), mark);
        assert.equal(new Set(told).size, told.length, told.join('; '));
      }
      await stage.end();
    });
  }

  void it('in which only one half has given the other up loses nothing: whoever comes back begins its links anew', async () => {
    const stage = await Stage.set(5);
    const people = stage.world.actors;
    const [a, b, c, d, e] = people as [Actor, Actor, Actor, Actor, Actor];
    for (const actor of people) actor.send(undefined, 0);
    await stage.whole();
    // The host that the smaller half will have waits no longer for the others than it must.
    d.membership?.update({...d.presentation, grace: 2600});
    const split = new Split(stage, [a, b, c], [d, e]);
    await stage.until(() => [d, e].every(one => names(one) === 'Dora,Emil'), 4500);
    split.heal();
    await stage.whole();
    assert.deepEqual([a, d, e].map(names), Array(3).fill('Ann,Bob,Carl,Dora,Emil'));
    const mark = people.map(actor => actor.sent.length);
    for (const actor of people) for (let n = 0; n < 3; n += 1) actor.send(undefined, 0);
    await stage.whole();
    for (const from of people) {
      const numbers = from.sent.slice(mark[people.indexOf(from)]).map(({letter}) => letter.number);
      for (const to of people) if (to !== from) assert.deepEqual(heard(to, from).slice(-3), numbers);
    }
    await stage.end();
  });

  void it('in which a host is removed by the other half is over for it as soon as that shows who stands by it', async () => {
    const stage = (await Stage.set(5)).expect('not-host');
    const [a, b, c, d, e] = stage.world.actors as [Actor, Actor, Actor, Actor, Actor];
    const split = new Split(stage, [a, b, c, e], [d]);
    await stage.world.clock.settled(a.membership?.eject(d.identity.id, 'enough', {ban: true}) ?? assert.fail());
    await stage.until(() => names(d) === 'Dora' && d.membership?.host === d.membership?.self);
    const mark = stage.mark;
    split.heal();
    await stage.until(() => d.membership?.state === 'ejected');
    assert.deepEqual(stage.told(/^(Ann|Bob|Carl|Emil) /, mark), []);
    await stage.end();
  });

  void it('after which the host leaves has the oldest follow, also if the other half had removed it', async () => {
    const stage = (await Stage.set(5)).expect('not-host');
    const [ann, bob, carl, dora, emil] = stage.world.actors as [Actor, Actor, Actor, Actor, Actor];
    const split = new Split(stage, [ann, bob, carl], [dora, emil]);
    await stage.until(() => [dora, emil].every(one => one.membership?.host?.name === 'Dora'));
    await stage.world.clock.settled(dora.membership?.eject(bob.identity.id, 'out', {ban: false}) ?? assert.fail());
    // Soon enough for Dora and Emil to be still in the roster of the others.
    await stage.until(() => !names(emil).includes('Bob'));
    split.heal();
    await stage.whole();
    const mark = stage.mark;
    ann.membership?.goodbye();
    await stage.until(() => [carl, dora, emil].every(one => one.membership?.host?.name === 'Bob'), 3000);
    await stage.advance(20_000);
    await stage.whole();
    assert.deepEqual(stage.told(/ is |has host (?!Bob)| sees (?!Ann)/, mark), ['Ann is idle']);
    await stage.end();
  });

  void it('that a member only claims, with its own friends and bans, moves nobody', async () => {
    const stage = await Stage.set(5, 4);
    const [a, b, c, d, e] = stage.world.actors as [Actor, Actor, Actor, Actor, Actor];
    // Dora really is alone for a while, hosts a group of her own, bans Ann, and lets Emil in, as the server is on her side.
    const split = new Split(stage, [a, b, c], [d, e]);
    for (const {name} of [a, b, c]) stage.world.network.cut(name, server);
    await stage.until(() => d.membership?.host === d.membership?.self);
    await stage.world.clock.settled(d.membership?.eject(a.identity.id, 'mine', {ban: true}) ?? assert.fail());
    await stage.until(() => names(d) === 'Dora' && names(a) === 'Ann,Bob,Carl');
    e.join();
    await stage.until(() => names(e) === 'Dora,Emil');
    const mark = stage.mark;
    split.heal();
    for (const {name} of [a, b, c]) stage.world.network.heal(name, server);
    await stage.whole();
    assert.deepEqual(names(a).split(',').sort(), ['Ann', 'Bob', 'Carl', 'Dora', 'Emil']);
    assert.deepEqual(stage.told(/^(Ann|Bob|Carl) (has host|is) /, mark), []);
    for (const name of ['Ann', 'Bob', 'Carl']) {
      assert.deepEqual(stage.told(new RegExp(`^${name} sees`), mark).sort(), [
        `${name} sees Dora come`,
        `${name} sees Emil come`,
      ]);
    }
    await stage.end();
  });
});

void describe('A member that hears nobody', () => {
  void it('is `reconnecting` within seconds, what it sends waits, and it is `joined` again when it hears somebody', async () => {
    const stage = await Stage.set(3);
    const [ann, bob, carl] = stage.world.actors as [Actor, Actor, Actor];
    const mark = stage.mark;
    const split = new Split(stage, [ann, bob], [carl]);
    await stage.until(() => carl.membership?.state === 'reconnecting', 3000);
    carl.send(undefined, 0);
    await stage.advance(500);
    assert.equal(heard(ann, carl).length, 0);
    split.heal();
    // A second `joined` event would fail.
    await stage.whole();
    assert.deepEqual(stage.told(/ (is|sees) /, mark), ['Carl is reconnecting', 'Carl is joined']);
    assert.deepEqual([heard(ann, carl).length, heard(bob, carl).length], [1, 1]);
    await stage.end();
  });
});

void describe('Sleep', () => {
  void it('of a member drops nobody else, and it comes back by itself as a new stay, its unsent messages settled', async () => {
    const stage = (await Stage.set(4)).expect('unreachable', 'connection-lost', 'server-unreachable');
    const [ann, dora] = [stage.actor(0), stage.actor(3)];
    for (const actor of stage.world.actors) actor.decide = 'later';
    const mark = stage.mark;
    stage.world.network.freeze('Dora');
    dora.send(undefined, 0);
    await stage.advance(3_600_000);
    stage.world.network.thaw('Dora');
    stage.world.comesBack('Dora');
    await stage.whole();
    assert.deepEqual(stage.told(/^Ann sees/, mark), ['Ann sees Dora go: lost', 'Ann sees Dora come']);
    assert.equal(ann.requests.length, 0);
    assert.ok(dora.sent.every(({outcome}) => outcome !== 'pending'));
    await stage.end();
  });

  for (const [hours, requests] of [
    [23, 0],
    [25, 1],
  ] as const) {
    void it(`of a member for ${hours} h is followed by ${requests === 0 ? 'no' : 'a'} new decision`, async () => {
      const stage = (await Stage.set(3)).expect('unreachable', 'connection-lost', 'server-unreachable');
      const [ann, carl] = [stage.actor(0), stage.actor(2)];
      ann.decide = 'later';
      stage.world.network.freeze('Carl');
      await stage.until(() => stage.told(/Ann sees Carl go: lost/).length === 1);
      stage.world.calendars.set('Ann', hours * 3_600_000);
      stage.world.network.thaw('Carl');
      await stage.until(() => carl.membership?.state === 'connecting');
      await stage.until(() => carl.membership?.state === (requests === 0 ? 'joined' : 'pending'));
      assert.equal(ann.requests.length, requests);
      await stage.end();
    });
  }

  void it('shorter than `grace`, or a busy tab, is told to nobody', async () => {
    const stage = await Stage.set(4);
    stage.expect('unreachable');
    const mark = stage.mark;
    for (const name of ['Ann', 'Bob', 'Dora']) {
      stage.world.network.freeze(name);
      await stage.advance(2000);
      stage.world.network.thaw(name);
      await stage.advance(3000);
    }
    assert.deepEqual(stage.told(/ sees | is /, mark), []);
    await stage.whole();
    await stage.end();
  });

  // Whether anything has come since the last look around depends on the moment at which a page falls asleep.
  const moments = Array.from({length: 10}, (_, at) => 70 * at);

  void it('of a member, shorter than `grace`, makes it accuse nobody and take nothing over', async () => {
    const stage = (await Stage.set(2)).expect('unreachable');
    const mark = stage.mark;
    for (const moment of moments) {
      await stage.advance(1000 + moment);
      stage.world.network.freeze('Bob');
      await stage.advance(stage.world.grace - 1500);
      stage.world.network.thaw('Bob');
      await stage.whole();
    }
    assert.deepEqual(stage.told(/^Bob is | sees | has host /, mark), []);
    await stage.end();
  });

  void it('of the whole group at once ends nothing, and its host, the first to wake, drops nobody', async () => {
    for (const count of [2, 4]) {
      const stage = (await Stage.set(count)).expect('unreachable', 'connection-lost', 'server-unreachable');
      const mark = stage.mark;
      for (const moment of moments) {
        await stage.advance(1000 + moment);
        for (const {name} of stage.world.actors) stage.world.network.freeze(name);
        await stage.advance(3_600_000);
        for (const {name} of stage.world.actors) stage.world.network.thaw(name);
        await stage.whole();
      }
      assert.deepEqual(stage.told(/ sees | has host /, mark), []);
      await stage.end();
    }
  });
});
