// An echo service on @grpc/grpc-js, HTTP/2 without TLS.
import { Echo, grpc } from './grpc-echo.mjs';
import { say } from './say.mjs';

const server = new grpc.Server();
server.addService(Echo.service, {
  Once: (call, callback) => {
    const trailer = new grpc.Metadata();
    trailer.set('x-trailer', 'at the end');
    callback(null, call.request, trailer);
  },
  Stream: (call) => {
    call.on('data', (message) => call.write(message));
    call.on('end', () => call.end());
  },
  Fail: (call, callback) => callback({ code: grpc.status.FAILED_PRECONDITION, details: `refused: ${call.request.text}` }),
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    throw error;
  }
  say('ready', { port });
});
