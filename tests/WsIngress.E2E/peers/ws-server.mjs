// An echo server on the npm package ws, and the page with which a browser tests itself.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { WebSocketServer } from 'ws';
import { say } from './say.mjs';

const page = readFileSync(new URL('./page.html', import.meta.url));

const server = http.createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://ws.test');
  if (request.method === 'POST' && pathname === '/result') {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      say('result', JSON.parse(body));
      response.writeHead(204).end();
    });
    return;
  }
  if (pathname === '/page') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
    return;
  }
  response.writeHead(404).end('not here\n');
});

const sockets = new WebSocketServer({
  server,
  perMessageDeflate: { threshold: 0 },
  maxPayload: 64 * 1024 * 1024,
  handleProtocols: (offered) => [...offered][0],
});

sockets.on('connection', (socket, request) => {
  const { pathname, searchParams } = new URL(request.url, 'http://ws.test');
  say('open', { path: pathname, extensions: socket.extensions, protocol: socket.protocol, host: request.headers.host });
  socket.on('close', (code, reason) => say('close', { path: pathname, code, reason: reason.toString() }));
  socket.on('error', (error) => say('error', { path: pathname, message: String(error) }));
  socket.on('ping', (payload) => say('ping', { payload: payload.toString() }));
  const close = /^\/close\/(\d+)$/.exec(pathname);
  if (close) {
    socket.close(Number(close[1]), searchParams.get('reason') ?? undefined);
    return;
  }
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});

server.listen(0, '127.0.0.1', () => say('ready', { port: server.address().port }));
