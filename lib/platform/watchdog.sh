# Ends the process groups of a parent that died without doing so itself, however it died.
#
# stdin: lines `+PGID` and `-PGID` from the parent; its end means that the parent is gone.
# $1: seconds between TERM and KILL. $2: NAME=value in the environment of whatever left its group
# by starting a session of its own; such processes are found in /proc where there is one. A value
# that goes on after a dot belongs as well: it is of a process that our children started.
trap '' HUP INT TERM QUIT
groups=
while read -r line; do
  group=${line#?}
  case $line in
    +*) groups="$groups $group" ;;
    -*)
      kept=
      for one in $groups; do [ "$one" = "$group" ] || kept="$kept $one"; done
      groups=$kept
      ;;
  esac
done

# dash wants `kill -s NAME -- -PGID`: it refuses `kill -TERM -- -PGID`.
signal() { for one in $groups; do kill -s "$1" -- "-$one" 2>/dev/null; done; }
alive() { for one in $groups; do kill -s 0 -- "-$one" 2>/dev/null && return 0; done; return 1; }

signal TERM
tenths=$(($1 * 10))
while [ "$tenths" -gt 0 ] && alive; do
  sleep 0.1
  tenths=$((tenths - 1))
done
signal KILL
# -z reads what NULs separate, as environments are; -s is silent about those that are not ours.
grep -slzx -e "$2" -e "$2\..*" /proc/[0-9]*/environ 2>/dev/null | while read -r environment; do
  pid=${environment#/proc/}
  kill -s KILL "${pid%/environ}" 2>/dev/null
done
exit 0
