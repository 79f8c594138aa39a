import type { Reporter, TestModule } from "vitest/node";

/**
 * The last lines of a test run: what was skipped and how to run it, then `N passed, N failed`.
 * A file that could not be loaded counts as one failure.
 */
export default class VerdictReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandled.length, skipped: 0 };
    const skipped: string[] = [];
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) {
        const { state, ...result } = test.result();
        if (state === "pending") count.failed += 1;
        else count[state] += 1;
        const note = "note" in result && result.note !== undefined ? ` (${result.note})` : "";
        if (state === "skipped") skipped.push(`${test.fullName}${note}`);
      }
      if (module.state() === "failed" && tests.every((test) => test.result().state !== "failed"))
        count.failed += 1;
    }
    if (skipped.length > 0) {
      console.log(
        `\nNot run here, because parts of Debian or recorded rooms are missing (${skipped.length}):`,
      );
      for (const name of skipped) console.log(`  ${name}`);
      console.log(
        "Debian's parts: sudo apt-get install -y mosquitto mosquitto-clients openssl strace socat iproute2 mbpoll python3-pymodbus",
      );
    }
    console.log(`\n${count.passed} passed, ${count.failed} failed`);
  }
}
