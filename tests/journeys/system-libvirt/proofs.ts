/** Reads what `machines-proof.ts` printed in a bed, and keeps each of its steps in the journey's record. */
import { type Steps, TriedStep } from "#tests/journeys/record.ts";

export async function keepProofs(steps: Steps, where: string, said: readonly string[]): Promise<void> {
  const proofs = said.filter((line) => line.startsWith("PROOF ")).map((line) => TriedStep.parse(JSON.parse(line.slice("PROOF ".length))));
  if (proofs.length === 0) throw new Error(`${where}: nothing was proven: ${said.slice(-12).join(" | ")}`);
  for (const { name, seconds, result, note } of proofs) {
    const took = `${seconds} s${note === "" ? "" : `; ${note}`}`;
    if (result === "seen") await steps.see(`${where}: ${name}`, () => Promise.resolve(took));
    else await steps.step(`${where}: ${name}`, () => (result === "broke" ? Promise.reject(new Error(note)) : Promise.resolve(took)));
  }
}
