# githooks(5): `<local ref> <local oid> <remote ref> <remote oid>` lines on stdin.
# Read from the right: a local ref such as HEAD@{1 day ago} holds spaces.
sift() {
  branches=
  while IFS= read -r line; do
    old=${line##* } line=${line% *}
    ref=${line##* } line=${line% *}
    new=${line##* }
    case $ref in refs/heads/*) ;; *) continue ;; esac
    case $old in *[!0]*) continue ;; esac
    case $new in *[!0]*) branches=$branches${ref#refs/heads/}$newline ;; esac
  done
}

hold
sift <<END
$held
END
leave_new() { :; }
advice="git push ${1:-origin} HEAD:refs/heads/"
