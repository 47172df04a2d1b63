export function keptThroughSudo(env: Readonly<Record<string, string | undefined>>): readonly string[];
