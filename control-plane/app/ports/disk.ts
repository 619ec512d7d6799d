/** The disk that a folder of the control plane is on, as it is now. */
export interface DiskSpace {
  readonly directory: string;
  /** What the control plane may still write, in bytes. */
  readonly freeBytes: number;
  /** Size of the file system, in bytes; 0 where that cannot be said. */
  readonly totalBytes: number;
}

export interface Disk {
  /** Rejects when the file system cannot be asked. */
  space(): Promise<DiskSpace>;
}
