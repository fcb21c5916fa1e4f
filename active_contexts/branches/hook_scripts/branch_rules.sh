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

# prefixes: those of the agents of all workspaces that are there; own: the one of the
# agent whose worktree this is. A workspace that is gone holds nobody to anything.
load_rules() {
  find_folders
  own= prefixes=
  set +f
  for part in "$shared"/coordinator/workspaces/*; do
    [ -f "$part" ] && while IFS= read -r line; do
      case $line in
        'workspace '*) [ -d "${line#workspace }" ] || break ;;
        'prefix '*) prefixes=$prefixes$newline${line#prefix } ;;
      esac
    done 2>/dev/null < "$part"
  done
  set -f
  [ -n "$prefixes" ] || return
  if [ -f "$here/coordinator-agent" ]; then
    IFS= read -r own < "$here/coordinator-agent"
  elif [ -f "$here/gitdir" ]; then
    find_outer
  fi
  if [ -n "$own" ]; then
    case $prefixes$newline in *"$newline$own$newline"*) ;; *) own= ;; esac
  fi
}

# place: the folder of the worktree whose own git directory is $1, whatever leads there.
# Its path may be relative to $1, as git 2.48 and later write it.
find_place() {
  IFS= read -r place < "$1/gitdir"
  case $place in /*) ;; *) place=$1/$place ;; esac
  case $place in /*) ;; *) place=$PWD/$place ;; esac
  was=$PWD
  cd -P "${place%/.git}" 2>/dev/null || return
  place=$PWD
  cd "$was" || exit 0
}

# A worktree that was made inside of an agent's own is that agent's too.
find_outer() {
  find_place "$here" || return
  inner=$place
  set +f
  for entry in "$shared"/worktrees/*; do
    [ -f "$entry/coordinator-agent" ] && find_place "$entry" || continue
    case $inner in
      "$place"/*) IFS= read -r own < "$entry/coordinator-agent" ;;
    esac
  done
  set -f
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

find_bad() {
  bad=
  for branch in $branches; do
    judge "$branch"
    [ "$verdict" = fine ] || bad=$bad$newline$branch
  done
  [ -z "$bad" ] || leave_new
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
  judge "$1"
  proper_name "$1"
  shown=$(printf %s "$1" | LC_ALL=C tr -c '[:print:]' '?')
  echo "coordinator: the branch name '$shown' is refused."
  case $verdict in
    blocks) echo "  Rule: no branch is named like an agent: it would block every $shown/… branch." ;;
    not-own) echo "  Rule: in this worktree every new branch is named $own/<feature>." ;;
    malformed) echo "  Rule: a feature has a-z, 0-9, '.', '_' and '-', at most 60 of them, a letter or digit first." ;;
  esac
  echo "  Do:   $advice$proper"
}

refuse_bad() {
  set -- $bad
  for branch in "${1-}" "${2-}" "${3-}"; do
    [ -z "$branch" ] || refuse "${branch#refs/heads/}"
  done
  [ $# -le 3 ] || echo "coordinator: and $(($# - 3)) more."
} >&2
