/** Completion for bash, 3.2 (as macOS has it) or newer. */
import type { Definition } from './definitions.ts';

/** The whole script. Names are asked for by the hidden command `__complete`, and never read as anything but text. */
export function bashScript(definitions: readonly Definition[], version: string): string {
  const cases = definitions.map(({ paths, subcommands, options, hasDefault }) => {
    const words = (list: readonly string[]): string => `'${list.join(' ')}'`;
    return [
      `    ${paths.map((path) => `'${path}'`).join('|')})`,
      `      commands=${words(subcommands.map(({ name }) => name))}`,
      `      options=${words(options.map(({ flag }) => flag))}`,
      `      valued=${words(options.filter(({ takesValue }) => takesValue).map(({ flag }) => flag))}`,
      `      default=${hasDefault ? '1' : ''}`,
      '      ;;',
    ].join('\n');
  });
  return `# bash completion for cartwright ${version}; made by "cartwright completion bash"
_cartwright_follows() {
  case "$1" in
${cases.join('\n')}
    *) commands='' options='' valued='' default='' ;;
  esac
}

_cartwright() {
  local commands options valued default place='' expects='' arguments='' current='' word typed line last
  local -a words
  COMPREPLY=()
  # What bash has taken apart at : and = is one word.
  for ((last = 0; last <= COMP_CWORD; last++)); do
    word=\${COMP_WORDS[last]}
    if ((\${#words[@]} > 1)) && [[ $word == [:=]* || \${words[\${#words[@]} - 1]} == *[:=] ]]; then
      words[\${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
  done
  current=\${words[\${#words[@]} - 1]}
  unset "words[\${#words[@]} - 1]"
  typed=\${COMP_WORDS[COMP_CWORD]}
  [[ $typed == [:=] ]] && typed=''

  _cartwright_follows ''
  for word in "\${words[@]:1}"; do
    if [[ -n $expects ]]; then
      expects=''
    elif [[ $word == -* && $word != -- ]]; then
      [[ " $valued " == *" $word "* ]] && expects=1
    elif [[ -z $arguments && " $commands " == *" $word "* ]]; then
      place+=" $word"
      _cartwright_follows "$place"
    else
      arguments=1
    fi
  done

  local found=''
  if [[ -z $expects && $current == -* ]]; then
    found=\${options// /$'\\n'}
  else
    [[ -z $expects && -z $arguments ]] && found=\${commands// /$'\\n'}
    if [[ -n $expects || -z $commands || -n $arguments || -z $found ]]; then
      found=$("\${COMP_WORDS[0]}" __complete -- "\${words[@]:1}" "$current" 2>/dev/null)
    elif [[ -n $default ]]; then
      found+=$'\\n'$("\${COMP_WORDS[0]}" __complete -- "\${words[@]:1}" "$current" 2>/dev/null)
    fi
  fi
  while IFS= read -r line; do
    [[ -n $line && $line == "$current"* ]] && COMPREPLY+=("\${line#"\${current%"$typed"}"}")
  done <<<"$found"
}

complete -o bashdefault -o default -F _cartwright cartwright
`;
}
