# What the hooks beside this file know of an application's tree, which is the current folder. They read it with `.`.

# Where a start script may be; the first that is there is it.
START_PLACES='cartwright/start start start.sh'
# What the tree's folder `cartwright` may hold beside it.
TREE_HOOKS='build release instance-started artifact-updated before-start after-start maintenance metadata-updated before-stop cleanup'

fail() {
  # Not echo, which takes the backslashes of a sentence for its own.
  printf 'base: %s\n' "$1" >&2
  exit 1
}

no_start() {
  fail 'there is no start script: looked for cartwright/start, start and start.sh at the top of the source; add one, or set "start" of the component in the manifest'
}

# Prints where the start script is; nothing where there is none. A folder named `start` is no script.
find_start() {
  for place in $START_PLACES; do
    if [ -L "$place" ] || { [ -e "$place" ] && [ ! -d "$place" ]; }; then
      echo "$place"
      return
    fi
  done
}

# check_program FILE: ends with one sentence that says why the system could not run it, and what to do.
check_program() {
  [ -e "$1" ] || fail "$1 is a link that leads to nothing: put the script itself there"
  [ -f "$1" ] || fail "$1 is not a file: put a script or a program there"
  [ -s "$1" ] || fail "$1 is empty: it has to begin with a line such as #!/bin/sh"
  # Before the mode: it is what the author of a file from Windows has to know first.
  case $(bytes "$1" 0 4) in
  2321*) check_first_line "$1" ;;
  7f454c46) check_machine "$1" ;;
  efbbbf*) fail "$1 begins with a byte order mark, by which the system does not know it as a script: save it as UTF-8 without one" ;;
  fffe* | feff*) fail "$1 is a text in UTF-16, which the system does not know as a script: save it as UTF-8" ;;
  *) fail "$1 has no first line that says what runs it: begin it with #!/bin/sh, or whatever else it is written for" ;;
  esac
  [ -x "$1" ] || fail "$1 is not executable: run \"chmod +x $1\", in a Git repository \"git update-index --chmod=+x $1\" and commit, and deploy again"
}

# bytes FILE FROM COUNT: as hexadecimal digits.
bytes() {
  od -An -v -tx1 -j"$2" -N"$3" "$1" | tr -d ' \n'
}

check_first_line() {
  IFS= read -r first <"$1" || :
  case $first in
  *"$(printf '\r')"*) fail "$1 has Windows line ends (CRLF), with which the system looks for an interpreter of another name: run \"sed -i 's/\\r\$//' $1\", and put \"$1 text eol=lf\" into .gitattributes so that it stays so" ;;
  esac
  set -f
  # Cut at blanks, as the system does.
  # shellcheck disable=SC2086
  set -- "$1" ${first#'#!'}
  set +f
  [ $# -gt 1 ] || fail "$1 names nothing after #! in its first line: write #!/bin/sh, or whatever else it is written for"
  [ -x "$2" ] && [ ! -d "$2" ] || fail "$1 is to be run by $2, which is not on this machine: install it, or name another program in its first line"
  case $2 in
  */env) check_env "$@" ;;
  esac
}

# check_env FILE ENV ARGUMENT…: the system gives env all that follows it as one argument, which only -S cuts again.
check_env() {
  script=$1
  shift 2
  case ${1:-} in
  -S) shift ;;
  -S*)
    inner=${1#-S}
    shift
    set -- "$inner" "$@"
    ;;
  *) [ $# -lt 2 ] || fail "$script is to be run by env with \"$*\", which it takes for the name of one program: write #!/usr/bin/env -S $*" ;;
  esac
  while [ $# -gt 0 ]; do
    case $1 in
    -u) shift 2 ;;
    -* | *=*) shift ;;
    *) break ;;
    esac
  done
  [ $# -gt 0 ] || fail "$script names no program after env in its first line: write #!/usr/bin/env and its name"
  command -v "$1" >/dev/null 2>&1 || fail "$script is to be run by $1, which is not on this machine's PATH: install it, or name another program in its first line"
}

# A program for another processor would be taken for a script by some shells, and fail in ways that say nothing.
check_machine() {
  mine=$(bytes "$(command -v od)" 4 1)$(bytes "$(command -v od)" 18 2)
  [ "$(bytes "$1" 4 1)$(bytes "$1" 18 2)" = "$mine" ] || fail "$1 is a program for another kind of processor than this machine's ($(uname -m)): build it for this one"
}
