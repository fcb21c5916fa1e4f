pass_on "$@"
