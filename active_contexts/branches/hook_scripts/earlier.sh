# Made by `coordinator hooks install`, which writes it anew: do not edit.
# Git starts a hook for each state of each ref, ten times for a commit of a rebase. So
# what ends it soonest stands first, and all but a refusal is done with builtins.
set -f
newline='
'

# The hook that git would run without this one: put aside by the install, or where
# core.hooksPath leads without the coordinator's layer over it.
folder=${0%/*}
case $folder in */*) above=${folder%/*} ;; *) above=. ;; esac
earlier=$above/hooks.before-coordinator/$hook
if [ ! -f "$earlier" ] && [ -f "$folder/beneath" ]; then
  beneath=
  [ "${above%/*}/config" -nt "$folder/beneath" ] || IFS= read -r beneath < "$folder/beneath"
  if [ -z "$beneath" ]; then
    beneath=${above%/*}/hooks
    while IFS= read -r value; do
      case $value in '' | "$folder") ;; *) beneath=$value ;; esac
    done <<END
$(git config --get-all core.hooksPath)
END
    { printf '%s\n' "$beneath" > "$folder/beneath"; } 2>/dev/null
  fi
  case $beneath in '~/'*) beneath=$HOME/${beneath#'~/'} ;; esac
  earlier=$beneath/$hook
fi
[ -f "$earlier" ] && [ -x "$earlier" ] || earlier=

# What git hands over, for a check before the earlier hook reads it. The point keeps the
# last line ends, which a command substitution would drop.
holds=
hold() {
  held=$(cat; echo .)
  held=${held%.}
  holds=yes
}
