/** Completion for zsh. */
import type { Definition } from './definitions.ts';

/** The whole script, to be sourced or to be put into a folder of $fpath as _cartwright. */
export function zshScript(definitions: readonly Definition[], version: string): string {
  const cases = definitions.map(({ paths, subcommands, options, hasDefault }) =>
    [
      `    ${paths.map((path) => `'${path}'`).join('|')})`,
      `      subcommands=(${subcommands.map(({ name, description }) => described(name, description)).join(' ')})`,
      `      flags=(${options.map(({ flag, description }) => described(flag, description)).join(' ')})`,
      `      valued=' ${options
        .filter(({ takesValue }) => takesValue)
        .map(({ flag }) => flag)
        .join(' ')} '`,
      `      default=${hasDefault ? '1' : ''}`,
      '      ;;',
    ].join('\n'),
  );
  return `#compdef cartwright
# zsh completion for cartwright ${version}; made by "cartwright completion zsh"
_cartwright_follows() {
  case "$1" in
${cases.join('\n')}
    *) subcommands=() flags=() valued='' default='' ;;
  esac
}

_cartwright() {
  local place='' expects='' arguments='' word valued default
  local -a subcommands flags names
  local -i index
  _cartwright_follows ''
  for ((index = 2; index < CURRENT; index++)); do
    word=\${words[index]}
    if [[ -n $expects ]]; then
      expects=''
    elif [[ $word == -* && $word != -- ]]; then
      [[ $valued == *" $word "* ]] && expects=1
    elif [[ -z $arguments && -n \${subcommands[(r)$word:*]} ]]; then
      place+=" $word"
      _cartwright_follows "$place"
    else
      arguments=1
    fi
  done

  if [[ -z $expects && \${words[CURRENT]} == -* ]]; then
    _describe -o option flags
    return
  fi
  if [[ -z $expects && -z $arguments && \${#subcommands} -gt 0 ]]; then
    _describe command subcommands
    [[ -n $default ]] || return
  fi
  names=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  names=(\${names:#})
  if ((\${#names})); then
    compadd -a names
  else
    _files
  fi
}

if [[ "\${funcstack[1]}" == _cartwright ]]; then
  _cartwright "$@"
else
  compdef _cartwright cartwright
fi
`;
}

/** A word and what it is, as _describe takes them. */
function described(word: string, description: string): string {
  const text = description.replace(/[\s\\]+/g, ' ').replaceAll("'", `'\\''`);
  return `'${word}:${text}'`;
}
