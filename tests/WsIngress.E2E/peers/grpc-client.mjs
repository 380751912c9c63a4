// node grpc-client.mjs PORT HOST: gRPC over TLS through the ingress at 127.0.0.1:PORT.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Echo, grpc } from './grpc-echo.mjs';
import { check, main } from './say.mjs';

const [port, host] = process.argv.slice(2);

await main(async () => {
  const client = new Echo(`127.0.0.1:${port}`, grpc.credentials.createSsl(readFileSync(process.env.AUTHORITY)), {
    'grpc.ssl_target_name_override': host,
    'grpc.default_authority': host,
  });
  const payload = randomBytes(100_000);
  const trailers = await new Promise((resolve, reject) => {
    let seen;
    client
      .Once({ text: 'grün', payload }, (error, answer) => {
        if (error) {
          return reject(error);
        }
        check(answer.text === 'grün' && Buffer.compare(answer.payload, payload) === 0, 'an answer came back changed');
        setImmediate(() => resolve(seen));
      })
      .on('status', (status) => (seen = status.metadata.get('x-trailer')[0]));
  });
  check(trailers === 'at the end', `trailer ${trailers}`);

  const stream = client.Stream();
  for (let i = 0; i < 20; i++) {
    const answer = new Promise((resolve, reject) => {
      stream.once('data', resolve);
      stream.once('error', reject);
    });
    // Each is answered before the next is sent: nothing may wait for the end of the stream.
    stream.write({ text: `message ${i}` });
    check((await answer).text === `message ${i}`, `message ${i} came back changed`);
  }
  stream.end();
  await new Promise((resolve) => stream.on('end', resolve));

  const error = await new Promise((resolve) => client.Fail({ text: 'why' }, resolve));
  check(error?.code === grpc.status.FAILED_PRECONDITION && error.details === 'refused: why', `status ${error?.code} ${error?.details}`);
  client.close();
  return { streamed: 20 };
});
