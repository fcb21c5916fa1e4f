# githooks(5): `<old> <new> <ref>` lines; zeros as old: new, or forced.
sift() {
  branches= lines=0
  while [ "$lines" -lt 20 ]; do
    IFS=' ' read -r old new ref || return 0
    lines=$((lines + 1))
    case $ref in refs/heads/*) ;; *) continue ;; esac
    case $old in *[!0]*) continue ;; esac
    case $new in *[!0]*) branches=$branches${ref#refs/heads/}$newline ;; esac
  done
  # The shell reads a pipe byte by byte; one process reads the rest of a large fetch.
  branches=$branches$(LC_ALL=C sed -n 's|^00* [^ ]*[^ 0][^ ]* refs/heads/||p')
}

case $1$earlier in
  prepared) sift; [ -n "$branches" ] || exit 0 ;;
  prepared*) hold; sift <<END
$held
END
    ;;
  *) [ -n "$earlier" ] || exit 0; branches= ;;
esac

# A forced update names no old value either.
leave_new() {
  bad=$(printf 'refs/heads/%s\n' $bad | git show-ref --exclude-existing)
}
advice='git switch -c '
