// node socketio-client.mjs URL: socket.io by long polling, then upgraded to a WebSocket.
import { randomBytes } from 'node:crypto';
import './resolve.mjs';
import { io } from 'socket.io-client';
import { check, main } from './say.mjs';

await main(async () => {
  const socket = io(process.argv[2], { reconnection: false });
  const upgraded = new Promise((resolve) => socket.io.on('open', () => {
    const first = socket.io.engine.transport.name;
    socket.io.engine.once('upgrade', (transport) => resolve([first, transport.name]));
  }));
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  const early = await socket.timeout(5000).emitWithAck('echo', 'before the upgrade');
  check(early === 'before the upgrade', `came back as ${early}`);
  const [first, second] = await upgraded;
  check(first === 'polling' && second === 'websocket', `transports ${first}, ${second}`);
  const bytes = randomBytes(300_000);
  const back = await socket.timeout(5000).emitWithAck('echo', { text: 'grün', bytes });
  check(back.text === 'grün' && Buffer.compare(Buffer.from(back.bytes), bytes) === 0, 'an object came back changed');
  const ended = new Promise((resolve) => socket.once('disconnect', resolve));
  socket.emit('leave');
  const reason = await ended;
  check(reason === 'io server disconnect', `ended by ${reason}`);
  return { transports: [first, second] };
});
