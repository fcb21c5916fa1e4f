# githooks(5): `<old> <new> <ref>` lines on stdin; zeros as old: new, or forced.
check() {
  status=0
  while IFS=' ' read -r old new ref; do
    case $ref in refs/heads/*) ;; *) continue ;; esac
    case $old in *[!0]*) continue ;; esac
    case $new in *[!0]*) ;; *) continue ;; esac
    branch=${ref#refs/heads/}
    judge "$branch"
    [ "$verdict" = fine ] || exists "$branch" && continue
    refuse "$branch" 'git switch -c '
    status=1
  done
  return $status
}
applies() { [ "$1" = prepared ]; }
