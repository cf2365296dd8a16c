/** Runs all there is to run, and prints as the last line what it counts: `N passed, N failed`. */
export async function finish(runAll) {
  const counts = await runAll().catch((error) => {
    console.error(error);
    return [{ passed: 0, failed: 1 }];
  });
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
}
