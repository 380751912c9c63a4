// An echo server on socket.io.
import http from 'node:http';
import { Server } from 'socket.io';
import { say } from './say.mjs';

const server = http.createServer();
const io = new Server(server, { maxHttpBufferSize: 32 * 1024 * 1024 });
io.on('connection', (socket) => {
  say('open', { transport: socket.conn.transport.name });
  socket.conn.on('upgrade', (transport) => say('upgrade', { transport: transport.name }));
  socket.on('echo', (data, answer) => answer(data));
  socket.on('leave', () => socket.disconnect(true));
});
server.listen(0, '127.0.0.1', () => say('ready', { port: server.address().port }));
