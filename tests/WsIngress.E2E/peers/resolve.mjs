// Every name under .test is this machine; Node looks names up here.
import dns from 'node:dns';

const lookup = dns.lookup;
dns.lookup = (host, options, callback) => {
  if (typeof options === 'function') {
    callback = options;
    options = {};
  }
  if (!host.endsWith('.test')) {
    return lookup(host, options, callback);
  }
  return options.all
    ? process.nextTick(callback, null, [{ address: '127.0.0.1', family: 4 }])
    : process.nextTick(callback, null, '127.0.0.1', 4);
};
