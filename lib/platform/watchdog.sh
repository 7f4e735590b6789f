# Ends the process groups of a parent that died without doing so itself, however it died, or that is
# frozen for longer than it said.
#
# stdin: lines `+PGID` and `-PGID` from the parent; `+PGID NAME=value` for one that others may take over, with
# what stands in its environment; `=SECONDS TENTHS` when TERM is due for those in so long unless it is told
# again, and KILL so many tenths of a second later; `=` when nothing is due any more; the end of stdin
# means that the parent is gone: then all of them end.
# $1: seconds between TERM and KILL then. $2: NAME=value in the environment of whatever left its group
# by starting a session of its own; such processes are found in /proc where there is one. A value
# that goes on after a dot belongs as well: it is of a process that our children started.
# $3, $4: what it held, where it has begun again.
trap '' HUP INT TERM QUIT
grace=$1
tenths=$((grace * 10))
marker=$2
groups=${3-}
# PGID:NAME=value each.
lent=${4-}
timer=

# A shell that can have no process ends. This one goes on in its own place, and is told again what is due.
trap 'exec /bin/sh "$0" "$grace" "$marker" "$groups" "$lent"' EXIT

# dash wants `kill -s NAME -- -PGID`: it refuses `kill -TERM -- -PGID`.
signal() { for one in $ending; do kill -s "$1" -- "-$one" 2>/dev/null; done; }
alive() { for one in $ending; do kill -s 0 -- "-$one" 2>/dev/null && return 0; done; return 1; }

# The groups in $ending, and whatever has one of the arguments in its environment.
end_those() {
  # Who can have no process to wait with does not wait.
  trap 'signal KILL' EXIT
  signal TERM
  while [ "$tenths" -gt 0 ] && alive; do
    sleep 0.1
    tenths=$((tenths - 1))
  done
  signal KILL
  trap - EXIT
  patterns="$*"
  set --
  for one in $patterns; do set -- "$@" -e "$one" -e "$one\..*"; done
  [ $# -eq 0 ] && return
  # -z reads what NULs separate, as environments are; -s is silent about those that are not ours.
  grep -slzx "$@" /proc/[0-9]*/environ 2>/dev/null | while read -r environment; do
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
    ending=
    marks=
    for one in $lent; do
      ending="$ending ${one%%:*}"
      marks="$marks ${one#*:}"
    done
    end_those $marks
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
    +*)
      groups="$groups ${value%% *}"
      [ "$value" = "${value% *}" ] || lent="$lent ${value%% *}:${value#* }"
      ;;
    -*)
      kept=
      for one in $groups; do [ "$one" = "$value" ] || kept="$kept $one"; done
      groups=$kept
      kept=
      for one in $lent; do [ "${one%%:*}" = "$value" ] || kept="$kept $one"; done
      lent=$kept
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
ending=$groups
end_those "$marker"
exit 0
