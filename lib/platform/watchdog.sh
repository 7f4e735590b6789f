# Ends the process groups of a parent that died without doing so itself, however it died, or that is
# frozen for longer than it said.
#
# stdin: lines `+PGID` and `-PGID` from the parent; `=SECONDS TENTHS` when TERM is due in so long unless
# it is told again, and KILL so many tenths of a second later; `=` when nothing is due any more; the end
# of stdin means that the parent is gone.
# $1: seconds between TERM and KILL then. $2: NAME=value in the environment of whatever left its group
# by starting a session of its own; such processes are found in /proc where there is one. A value
# that goes on after a dot belongs as well: it is of a process that our children started.
trap '' HUP INT TERM QUIT
tenths=$(($1 * 10))
marker=$2
groups=
timer=

# dash wants `kill -s NAME -- -PGID`: it refuses `kill -TERM -- -PGID`.
signal() { for one in $groups; do kill -s "$1" -- "-$one" 2>/dev/null; done; }
alive() { for one in $groups; do kill -s 0 -- "-$one" 2>/dev/null && return 0; done; return 1; }

end_all() {
  signal TERM
  while [ "$tenths" -gt 0 ] && alive; do
    sleep 0.1
    tenths=$((tenths - 1))
  done
  signal KILL
  # -z reads what NULs separate, as environments are; -s is silent about those that are not ours.
  grep -slzx -e "$marker" -e "$marker\..*" /proc/[0-9]*/environ 2>/dev/null | while read -r environment; do
    pid=${environment#/proc/}
    kill -s KILL "${pid%/environ}" 2>/dev/null
  done
}

# In a process of its own, which knows the groups of this moment: reading has no time limit in plain sh.
end_in() {
  (
    trap 'kill "$sleeping" 2>/dev/null; exit 0' USR1
    sleep "$1" &
    sleeping=$!
    wait "$sleeping"
    trap '' USR1
    tenths=$2
    end_all
  ) </dev/null &
  timer=$!
}

forget() {
  [ -z "$timer" ] && return
  kill -s USR1 "$timer" 2>/dev/null
  wait "$timer" 2>/dev/null
  timer=
}

while read -r line; do
  value=${line#?}
  case $line in
    +*) groups="$groups $value" ;;
    -*)
      kept=
      for one in $groups; do [ "$one" = "$value" ] || kept="$kept $one"; done
      groups=$kept
      ;;
    =)
      forget
      ;;
    =*)
      forget
      end_in "${value% *}" "${value#* }"
      ;;
  esac
done

forget
end_all
exit 0
