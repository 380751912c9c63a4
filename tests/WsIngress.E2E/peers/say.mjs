// One JSON object per line: what the tests read.
export const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

export function check(condition, sentence) {
  if (!condition) {
    throw new Error(sentence);
  }
}

// A client's whole life: its checks, then exit code 0, or the reason and exit code 1.
export async function main(run) {
  const limit = setTimeout(() => {
    say('failed', { message: 'not done within 50 s' });
    process.exit(1);
  }, 50_000);
  try {
    say('done', (await run()) ?? {});
    clearTimeout(limit);
    process.exit(0);
  } catch (error) {
    say('failed', { message: String(error?.stack ?? error) });
    process.exit(1);
  }
}
