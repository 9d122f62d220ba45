"""Scripts with which shells complete `actorlab`.

A script asks `actorlab completion words -- WORD ...` at every Tab, whose answer has a candidate and
a text on each line; no answer leaves the word to the shell, which then completes files. A script
that held all flags and texts would have 270 kB and take seconds to make whenever a shell starts.
"""

_BASH = """\
_actorlab() {
  COMPREPLY=()
  local word
  while IFS=$'\\t' read -r word _; do
    COMPREPLY+=("$word")
  done < <("${COMP_WORDS[0]}" completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -o bashdefault -F _actorlab actorlab
"""

_ZSH = """\
#compdef actorlab
_actorlab() {
  local word about
  local -a found
  while IFS=$'\\t' read -r word about; do
    found+=("${word//:/\\\\:}:$about")
  done < <("${words[1]}" completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#found )); then
    _describe -o actorlab found
  else
    _files
  fi
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
compdef _actorlab actorlab
"""

_FISH = """\
function __actorlab_words
    set -l before (commandline -opc)
    set -l last (commandline -ct)
    set -l found ($before[1] completion words -- $before[2..] "$last" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path "$last"
    end
end
complete -c actorlab -f -a '(__actorlab_words)'
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
