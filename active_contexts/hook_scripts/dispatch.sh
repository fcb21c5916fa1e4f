find_earlier
[ -z "$earlier" ] || exec "$earlier" "$@"
exit 0
