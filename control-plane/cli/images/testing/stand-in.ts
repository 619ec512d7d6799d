/**
 * A program that is called as buildah is and builds nothing: it keeps what it was asked to build in a folder, and fails where a
 * Dockerfile says so. What buildah itself does is tried where there is one (`npm run test:kubernetes`).
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export class StandInBuilder {
  /** The search path on which only it is. */
  readonly path: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, 'bin');
  }

  static async make(folder: string, name = 'buildah'): Promise<StandInBuilder> {
    const builder = new StandInBuilder(folder);
    await mkdir(join(folder, 'bin'), { recursive: true });
    await mkdir(join(folder, 'images'), { recursive: true });
    await writeFile(join(builder.path, name), PROGRAM, { mode: 0o755 });
    return builder;
  }

  get env(): Record<string, string> {
    return { PATH: `${this.path}:/usr/bin:/bin`, STAND_IN: this.#folder };
  }

  /** The command lines that it was called with, but for questions. */
  async calls(): Promise<string[]> {
    const text = await readFile(join(this.#folder, 'calls'), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => /^(bud|push|pull)/.test(line));
  }
}

const PROGRAM = `#!/bin/sh
echo "$*" >> "$STAND_IN/calls"
last() { for last do :; done; printf '%s' "$last" | tr '/:' '__'; }
case $1 in
--version) echo 'buildah version 1.28.2' ;;
images) cat "$STAND_IN/images/$(last "$@")" 2>/dev/null || exit 125 ;;
pull) ;;
bud)
  while [ $# -gt 1 ]; do
    case $1 in --file) file=$2 ;; --tag) tag=$2 ;; esac
    shift
  done
  if grep -q 'RUN false' "$file"; then
    echo 'STEP 2: RUN false'
    echo 'error: building at STEP "RUN false": exit status 1' >&2
    exit 1
  fi
  printf '%064d 126 MB\\n' 7 > "$STAND_IN/images/$(last "$tag")"
  ;;
push)
  while [ $# -gt 1 ]; do
    case $1 in --digestfile) file=$2 ;; esac
    shift
  done
  [ "$1" != docker://127.0.0.1:1/refused:tag ] || { echo 'unauthorized' >&2; exit 125; }
  printf 'sha256:%064d' 9 > "$file"
  ;;
esac
`;
