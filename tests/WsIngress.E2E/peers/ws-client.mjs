// node ws-client.mjs URL messages|deflate|closes: the npm package ws against an echo server behind the ingress.
import { createHash, randomBytes } from 'node:crypto';
import './resolve.mjs';
import { WebSocket } from 'ws';
import { check, main } from './say.mjs';

const [url, what] = process.argv.slice(2);
const sizes = [0, 1, 125, 126, 65535, 65536, 16 * 1024 * 1024];

function open(path, options = {}) {
  const socket = new WebSocket(url + path, ['echo', 'other'], { maxPayload: 64 * 1024 * 1024, perMessageDeflate: false, ...options });
  // Listened to from the start: a Close may come in the same read as the handshake.
  socket.ended = new Promise((resolve) => socket.once('close', (code, reason) => resolve([code, reason.toString()])));
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
    socket.once('unexpected-response', (_, response) => reject(new Error(`refused with ${response.statusCode}`)));
  });
}

const next = (socket, event) => new Promise((resolve, reject) => {
  socket.once(event, (...args) => resolve(args));
  socket.once('error', reject);
  socket.ended.then(([code, reason]) => reject(new Error(`closed with ${code} '${reason}' while waiting for ${event}`)));
});

const hash = (data) => createHash('sha256').update(data).digest('hex');

function payload(size, binary) {
  // Half of it compresses well, half does not.
  const bytes = Buffer.concat([Buffer.alloc(size >> 1, 'wsingress '), randomBytes(size - (size >> 1))]);
  return binary ? bytes : Buffer.from(bytes.toString('latin1').replace(/[^\x20-\x7e]/g, 'ü'), 'utf8').subarray(0, size);
}

// A cut inside of a two-byte character would not be UTF-8.
function text(size) {
  const bytes = payload(size, false);
  if (size > 0 && (bytes[size - 1] & 0xc0) === 0xc0) {
    bytes[size - 1] = 0x2e;
  }
  return bytes;
}

async function echo(socket, data, binary) {
  const answer = next(socket, 'message');
  socket.send(data, { binary });
  const [back, isBinary] = await answer;
  check(isBinary === binary, `${data.length} bytes came back as ${isBinary ? 'binary' : 'text'}`);
  check(back.length === data.length && hash(back) === hash(data), `${data.length} bytes came back as ${back.length} others`);
}

async function fragments(socket) {
  const pongs = [];
  socket.on('pong', (data) => pongs.push(data.toString()));
  for (const binary of [false, true]) {
    const parts = [Buffer.from('one '), Buffer.alloc(0), Buffer.alloc(70_000, 'b'), Buffer.from(' three')];
    const answer = next(socket, 'message');
    for (const [i, part] of parts.entries()) {
      socket.send(part, { binary, fin: i === parts.length - 1 });
      if (i < parts.length - 1) {
        socket.ping(`between ${i}`);
      }
    }
    const [back, isBinary] = await answer;
    check(isBinary === binary && hash(back) === hash(Buffer.concat(parts)), 'a fragmented message came back changed');
  }
  while (pongs.length < 6) {
    await next(socket, 'pong');
  }
  check(pongs.slice(0, 3).join() === 'between 0,between 1,between 2', `pongs came back as ${pongs}`);
}

async function messages(options) {
  const socket = await open('/echo', options);
  check(socket.protocol === 'echo', `subprotocol ${socket.protocol}`);
  for (const size of sizes) {
    await echo(socket, text(size), false);
    await echo(socket, payload(size, true), true);
  }
  await fragments(socket);
  const extensions = socket.extensions;
  socket.close(1000, 'done');
  const [code, reason] = await socket.ended;
  check(code === 1000, `closed with ${code} ${reason}`);
  return { extensions, sizes };
}

async function closes() {
  const codes = [[1000, 'fertig'], [1001, 'weg'], [4000, 'first'], [4321, 'mit Umlaut: ü'], [4999, 'x'.repeat(123)]];
  for (const [code, reason] of codes) {
    const byClient = await open(`/client-closes-${code}`);
    byClient.close(code, reason);
    const [back] = await byClient.ended;
    check(back === code, `our close ${code} was answered with ${back}`);

    const byServer = await open(`/close/${code}?reason=${encodeURIComponent(reason)}`);
    const [seen, why] = await byServer.ended;
    check(seen === code && why === reason, `the server's close ${code} '${reason}' came as ${seen} '${why}'`);
  }
  return { codes: codes.map(([code]) => code) };
}

await main(() => ({
  messages: () => messages(),
  deflate: () => messages({ perMessageDeflate: { threshold: 0 } }),
  closes,
})[what]());
