// The service of echo.proto, for server and client.
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const file = fileURLToPath(new URL('./echo.proto', import.meta.url));
export const { Echo } = grpc.loadPackageDefinition(loader.loadSync(file, { keepCase: true })).wsingress.e2e;
export { grpc };
