# githooks(5): `<local ref> <local oid> <remote ref> <remote oid>` lines on stdin.
# Read from the right: a local ref such as HEAD@{1 day ago} holds spaces.
check() {
  status=0
  while IFS= read -r line; do
    old=${line##* } line=${line% *}
    ref=${line##* } line=${line% *}
    new=${line##* }
    case $ref in refs/heads/*) ;; *) continue ;; esac
    case $old in *[!0]*) continue ;; esac
    case $new in *[!0]*) ;; *) continue ;; esac
    branch=${ref#refs/heads/}
    judge "$branch"
    [ "$verdict" = fine ] && continue
    refuse "$branch" "git push $remote HEAD:refs/heads/"
    status=1
  done
  return $status
}
remote=${1:-origin}
applies() { :; }
