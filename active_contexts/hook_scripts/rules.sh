# Made by `coordinator hooks install`, which writes it anew: do not edit.
# Shell builtins only, unless something is refused or an earlier hook has to run: one
# rebase starts a hook a hundred times.
set -f
newline='
'

# Where this hook stands, and the hook of the same name that was there before it.
find_earlier() {
  folder=${0%/*}
  case $folder in */*) earlier=${folder%/*} ;; *) earlier=. ;; esac
  earlier=$earlier/hooks.before-coordinator/$hook
  if [ -f "$folder/former" ]; then
    IFS= read -r former < "$folder/former"
    case $former in '~/'*) former=$HOME/${former#'~/'} ;; esac
    earlier=$former/$hook
  fi
  [ -f "$earlier" ] && [ -x "$earlier" ] || earlier=
}

# The worktree's own git directory, and the one that all worktrees share.
find_folders() {
  here=${GIT_DIR:-.git}
  if [ -f "$here" ]; then
    IFS= read -r here < "$here"
    here=${here#gitdir: }
  fi
  shared=$here
  if [ -f "$here/commondir" ]; then
    IFS= read -r shared < "$here/commondir"
    case $shared in /*) ;; *) shared=$here/$shared ;; esac
  fi
}

# own: the prefix of the agent whose worktree this is; prefixes: those of all agents.
load_rules() {
  find_folders
  own= prefixes=
  [ -f "$shared/coordinator/prefixes" ] || return 1
  if [ -f "$here/coordinator-agent" ]; then
    IFS= read -r own < "$here/coordinator-agent"
  fi
  while IFS= read -r line; do
    prefixes="$prefixes $line"
  done < "$shared/coordinator/prefixes"
  prefixes="$prefixes $own"
}

well_formed() {
  [ "${#1}" -le 60 ] || return 1
  # Spelled out, since what a range holds depends on the locale.
  case $1 in
    '' | [._-]* | *[!abcdefghijklmnopqrstuvwxyz0123456789._-]*) return 1 ;;
  esac
}

# verdict: fine, not-own, malformed or blocks, for the branch name $1.
judge() {
  verdict=fine
  for prefix in $prefixes; do
    case $prefix in "$1" | "$1"/*) verdict=blocks; return ;; esac
  done
  if [ -n "$own" ]; then
    case $1 in
      "$own"/*) well_formed "${1#"$own"/}" || verdict=malformed ;;
      *) verdict=not-own ;;
    esac
    return
  fi
  for prefix in $prefixes; do
    case $1 in "$prefix"/*) ;; *) continue ;; esac
    if well_formed "${1#"$prefix"/}"; then verdict=fine; return; fi
    verdict=malformed
  done
}

exists() {
  [ -f "$shared/refs/heads/$1" ] || git show-ref --verify --quiet "refs/heads/$1"
}

# From here on only where a name is refused: processes are allowed.
proper_name() {
  inside=$own rest=$1
  for prefix in $prefixes; do
    case $1 in "$prefix"/*) inside=${inside:-$prefix} rest=${1#"$prefix"/} ;; esac
    case $prefix in "$1" | "$1"/*) inside=${inside:-$prefix} ;; esac
  done
  rest=$(printf %s "$rest" | LC_ALL=C tr A-Z a-z | LC_ALL=C tr -cs a-z0-9._ - |
    LC_ALL=C sed 's/^[._-]*//' | LC_ALL=C cut -c 1-60 | LC_ALL=C sed 's/[._-]*$//')
  proper=$inside/${rest:-feature}
}

refuse() {
  proper_name "$1"
  shown=$(printf %s "$1" | LC_ALL=C tr -c '[:print:]' '?')
  {
    echo "coordinator: the branch name '$shown' is refused."
    case $verdict in
      blocks) echo "  Rule: no branch is named like an agent: it would block every $shown/… branch." ;;
      not-own) echo "  Rule: in this worktree every new branch is named $own/<feature>." ;;
      malformed) echo "  Rule: a feature has a-z, 0-9, '.', '_' and '-', at most 60 of them, a letter or digit first." ;;
    esac
    echo "  Do:   $2$proper"
  } >&2
}
