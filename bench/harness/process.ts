/** What a process costs, as the kernel counts it (proc(5)). */
import { readFileSync } from 'node:fs';

/** Clock ticks a second of `/proc/PID/stat`: USER_HZ, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Resident memory in bytes. @throws Error where there is no /proc, or no such process */
export function residentBytes(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (found === null) throw new Error(`process ${pid} has no resident memory`);
  return Number(found[1]) * 1024;
}

/** User and system time of all its threads, in milliseconds. */
export function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold spaces; what follows the last parenthesis may not. Fields 14 and 15 there.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}
