export interface LockedModule {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
}
export type LockedModules = Readonly<Record<string, LockedModule>>;
export function modulesMatch(wanted: LockedModules | null, there: LockedModules | null): boolean;
