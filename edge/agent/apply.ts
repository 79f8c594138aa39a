/**
 * Putting a changed configuration to work in the running agent.
 *
 * Holds: one at a time, in the order of asking; what runs afterwards is the revision that was asked for; when it is
 * refused, or what can fail fails, the old plan runs on, and the answer says so.
 */
import type { Log } from "../../config/schema/context.ts";
import type { LoadResult, Plan } from "../../config/schema/plan.ts";
import type { Text } from "../../config/schema/vocabulary.ts";
import { type Applied, ApplyError, type Preview } from "./apply-answer.ts";
import { type Comparison, compare } from "./changes.ts";
import type { Running } from "./running.ts";
import { digestSecrets, renewedSecrets, type SecretDigests } from "./secret-digests.ts";

export interface ApplierParts {
  running: Running;
  log: Log;
  /** Reads the files. */
  load(): LoadResult;
  /** Records of an uplink that the platform has not confirmed. */
  waiting(uplink: string): number;
  /** Secrets are read by this plan from now on. */
  reads(plan: Plan): void;
  /** Another revision runs. */
  applied(): void;
  stopping: AbortSignal;
}

export class Applier {
  readonly #parts: ApplierParts;
  #secrets: SecretDigests;
  /** The one under way, and those that wait for it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: ApplierParts) {
    this.#parts = parts;
    this.#secrets = digestSecrets(parts.running.plan);
  }

  /** What putting the files to work would do. @throws ApplyError `mistakes` */
  preview(): Preview {
    const running = this.#parts.running.plan.revision;
    const plan = this.#read();
    const { changes, restart } = this.#compare(plan, digestSecrets(plan));
    return { v: 1, running, files: plan.revision, changes, restart };
  }

  /**
   * Puts the files to work.
   * @param revision what somebody has seen and wants: files that are another by now are refused; absent: whatever they are
   * @throws ApplyError
   */
  applyFiles(revision?: string): Promise<Applied> {
    return this.#queued(() => {
      const plan = this.#read();
      if (revision === undefined || plan.revision === revision) return this.#apply(plan);
      throw new ApplyError(
        "other-revision",
        {
          zh: `文件已经是版本 ${plan.revision}，不是看过的 ${revision}`,
          en: `the files are revision ${plan.revision} by now, not ${revision} as they were seen`,
        },
        { zh: "再看一遍：campus-edge apply", en: "look again: campus-edge apply" },
      );
    });
  }

  /** @throws ApplyError */
  apply(plan: Plan): Promise<Applied> {
    return this.#queued(() => this.#apply(plan));
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    await this.#last.catch(() => {});
  }

  #queued<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last
      .catch(() => {})
      .then(() => {
        if (!this.#parts.stopping.aborted) return work();
        throw new ApplyError(
          "stopping",
          { zh: "网关正在停止", en: "the gateway is stopping" },
          {
            zh: "再启动时就用新的：campus-edge run",
            en: "it takes the files at its next start: campus-edge run",
          },
        );
      });
    this.#last = mine;
    return mine;
  }

  #read(): Plan {
    const { plan, problems } = this.#parts.load();
    if (plan !== null) return plan;
    const errors = problems.filter(({ severity }) => severity === "error");
    const first = errors[0];
    const place = first === undefined ? "" : `${first.file}:${first.line}`;
    throw new ApplyError(
      "mistakes",
      {
        zh: `配置有 ${errors.length} 个错误，第一个在 ${place}：${first?.what.zh ?? ""}`,
        en: `the configuration has ${errors.length} errors, the first at ${place}: ${first?.what.en ?? ""}`,
      },
      {
        zh: "改好再来：campus-edge check；旧配置仍在运行",
        en: "mend them: campus-edge check; the old configuration runs on",
      },
    );
  }

  #compare(to: Plan, secrets: SecretDigests): Comparison {
    const { running, waiting } = this.#parts;
    const renewed = renewedSecrets(this.#secrets, secrets);
    return compare(running.plan, to, { waiting, renewed });
  }

  async #apply(to: Plan): Promise<Applied> {
    const { running, log } = this.#parts;
    const was = running.plan.revision;
    const secrets = digestSecrets(to);
    const comparison = this.#compare(to, secrets);
    const { changes, restart } = comparison;
    if (restart.length > 0) throw needsRestart(restart);
    this.#parts.reads(to);
    try {
      await running.switchTo(to, comparison);
    } catch (cause) {
      this.#parts.reads(running.plan);
      const why = (cause as Error).message;
      log.error({ revision: to.revision, running: was, error: why }, "a configuration could not be applied");
      throw new ApplyError(
        "failed",
        { zh: `没有换成：${why}`, en: `it could not be applied: ${why}` },
        {
          zh: `运行的是版本 ${running.plan.revision}；看 campus-edge status，再试一次`,
          en: `revision ${running.plan.revision} runs; look at campus-edge status and try again`,
        },
        { cause },
      );
    }
    this.#secrets = secrets;
    this.#parts.applied();
    log.info({ revision: to.revision, was, changes: changes.length }, "another configuration runs");
    return { v: 1, running: to.revision, changes };
  }
}

function needsRestart(restart: readonly Text[]): ApplyError {
  return new ApplyError(
    "needs-restart",
    {
      zh: `有的改动要重启才能生效：${restart.map(({ zh }) => zh).join("；")}`,
      en: `some of it takes effect only at a restart: ${restart.map(({ en }) => en).join("; ")}`,
    },
    {
      zh: "停下网关再启动（systemctl restart campus-edge）；旧配置仍在运行",
      en: "stop the gateway and start it again (systemctl restart campus-edge); the old configuration runs on",
    },
  );
}
