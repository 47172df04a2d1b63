/** A bench's process of its own, so that its processor time and memory are its own: asked by message, one answer each. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

export interface Child<Question, Answer> {
  readonly pid: number;
  ask(question: Question): Promise<Answer>;
  end(): Promise<void>;
}

export async function startChild<Question extends object, Answer>(
  module: URL,
  args: readonly string[] = [],
): Promise<Child<Question, Answer>> {
  const child = fork(module, args, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: ["--expose-gc", ...(process.env.BENCH_NODE_OPTIONS?.split(" ") ?? [])],
  });
  await answerOf(child);
  return {
    pid: child.pid ?? 0,
    ask: async (question) => {
      child.send(question);
      return (await answerOf(child)) as Answer;
    },
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const exit = once(child, "exit", { signal: ended.signal }).then(([code]) =>
    Promise.reject(new Error(`a bench process ended with ${String(code)}`)),
  );
  const answer = once(child, "message", { signal: ended.signal }).then(([message]) => message as unknown);
  try {
    return await Promise.race([answer, exit]);
  } finally {
    ended.abort();
    await Promise.allSettled([answer, exit]);
  }
}

/** In the child: answers each question, and ends when the bench does. */
export function answerQuestions<Question, Answer>(
  answer: (question: Question) => Promise<Answer> | Answer,
  end: () => Promise<void> | void = () => undefined,
): void {
  process.on("message", (question: Question) => {
    Promise.resolve(answer(question)).then(
      (reply) => process.send?.(reply ?? {}),
      (error: unknown) => {
        console.error("a bench process:", error);
        process.exit(1);
      },
    );
  });
  process.once("disconnect", () => void Promise.resolve(end()).finally(() => process.exit(0)));
  process.send?.("ready");
}
