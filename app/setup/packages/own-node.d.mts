export function ownNodeFolder(repo: string, arch?: string): string;
export function ownNode(repo: string, arch?: string): string;
export function pathWithOwnNode(repo: string, path?: string): string;
