IFS=$newline
if [ -n "$branches" ] && load_rules; then
  find_bad
  if [ -n "$bad" ]; then
    refuse_bad
    exit 1
  fi
fi
unset IFS
case $holds in
  yes) printf %s "$held" 2>/dev/null | pass_on "$@" ;;
  *) pass_on "$@" ;;
esac
