find_earlier
if ! applies "$@" || ! load_rules; then
  [ -z "$earlier" ] || exec "$earlier" "$@"
  exit 0
fi
if [ -z "$earlier" ]; then
  check
  exit
fi
# The point keeps the last line ends, which a command substitution would drop.
input=$(cat; echo .)
input=${input%.}
check <<END || exit
$input
END
printf %s "$input" | "$earlier" "$@"
