/// What watches over a recipe on the VM, for POSIX shells (dash, busybox, bash) on Linux. Constants: what differs
/// between runs comes as variables before them.
///
/// `supervisor` waits for cloud-init, starts the script, watches the clock and writes `exit`. The script's parent is a
/// subshell that becomes `sleep` and so never reaps: /proc then tells the script's true status, where a shell says 137 for
/// `exit 137` and for SIGKILL alike. `begin` becomes the script. Nothing here outlives the run. Processes are started
/// sparingly: each costs a run's first output a millisecond.
enum SupervisorScript {
  /// Functions of more than one script.
  static let common = #"""
    set -u
    umask 077
    unset CDPATH ENV TIME_STYLE BLOCK_SIZE LS_BLOCK_SIZE 2>/dev/null
    PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}
    case :$PATH: in *:/usr/sbin:*) ;; *) PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin ;; esac
    export PATH
    folder=$home/runs/$run
    # Waits; older sleeps know whole seconds only.
    nap() { sleep "$1" 2>/dev/null || sleep 1; }
    # Sets ms: milliseconds of a clock that never goes back.
    clock() {
      read -r ms _ </proc/uptime
      ms=${ms%.*}${ms#*.}0
      ms=${ms#"${ms%%[!0]*}"}
      ms=${ms:-0}
    }
    # Sets facts: the fields of /proc/PID/stat from the third on; fails where there is no such process.
    look() {
      facts=
      { read -r facts <"/proc/$1/stat"; } 2>/dev/null
      [ -n "$facts" ] || return 1
      facts=${facts##*") "}
    }
    # Sets size: bytes of a file.
    measure() {
      set -- $(LC_ALL=C ls -lnd "$1" 2>/dev/null)
      size=${5:-0}
    }
    # Whether the supervisor lives.
    watched() {
      pid= born=
      { read -r pid born <"$folder/owner"; } 2>/dev/null
      [ -n "$born" ] && look "$pid" || return 1
      set -- $facts
      [ "$born" = "${20}" ] && [ "$1" != Z ]
    }

    """#

  /// The supervisor itself; its standard streams are /dev/null.
  static let supervisor = #"""
    cd "$folder" || exit 1
    read -r boot <"$boot_id"
    echo "$boot" >boot || exit 1
    look $$ || exit 1
    set -- $facts
    echo "$$ ${20}" >owner || exit 1
    # Whoever makes this folder decides: we begin, or it never begins.
    mkdir work 2>/dev/null || exit 0

    verdict= kind= value=0 elapsed=0 child= holder=
    # Adds up what was killed for lack of memory, in the VM and in our own group.
    count_kills() {
      kills=0 group=
      { while IFS=: read -r one two three; do [ "$one" = 0 ] && group=$three; done </proc/self/cgroup; } 2>/dev/null
      for file in "$memory_counters" "/sys/fs/cgroup$group/memory.events"; do
        { while read -r name count; do [ "$name" = oom_kill ] && kills=$((kills + count)); done <"$file"; } 2>/dev/null
      done
    }
    # Sends a signal to all in the script's session, or, without setsid, to all that descend from it. Fails if none is left.
    strike() {
      family=" $child " found=1 any=
      while [ -n "$found" ]; do
        found=
        for file in /proc/[0-9]*/stat; do
          process=${file#/proc/}
          process=${process%/stat}
          look "$process" || continue
          set -- "$1" $facts
          [ "$2" != Z ] || continue
          if [ -n "$own_session" ]; then [ "$5" = "$child" ] || continue
          else
            case $family in *" $process "*) continue ;; esac
            case $family in *" $3 "*) ;; *) continue ;; esac
            family="$family$process " found=1
          fi
          kill "-$1" "$process" 2>/dev/null && any=1
        done
      done
      [ -n "$own_session" ] || { look "$child" && set -- "$1" $facts && [ "$2" != Z ] && kill "-$1" "$child" && any=1; }
      [ -n "$any" ]
    }
    # Keeps the head and the last two pieces of a stream, and reads it to its end whatever becomes of the disk.
    keep() {
      file=$1 base=0 size=0 last=0 part=$head old=
      while :; do
        if ! dd bs=65536 count=$(((part - size + 65535) / 65536)) 2>/dev/null >>"$file"; then
          : >"$1.full"
          cat >/dev/null
          break
        fi
        measure "$file"
        [ "$size" != "$last" ] || break
        last=$size
        [ "$size" -ge "$part" ] || continue
        base=$((base + size))
        [ -z "$old" ] || rm -f "$old"
        [ "$file" = "$1" ] || old=$file
        file=$1.$base size=0 last=0 part=$piece
      done
      : >"$1.end"
    }
    # Sets total: bytes of a stream that were read.
    add_up() {
      total=0
      for file in "$1" "$1".[0-9]*; do
        [ -e "$file" ] || continue
        measure "$file"
        first=${file#"$1"}
        first=${first#.}
        [ "$((${first:-0} + size))" -le "$total" ] || total=$((${first:-0} + size))
      done
    }
    # Ends a process and its children; stopped, it does not see them end.
    end() {
      kill -STOP "$1" 2>/dev/null
      for file in /proc/[0-9]*/stat; do
        process=${file#/proc/}
        process=${process%/stat}
        look "$process" || continue
        set -- "$1" $facts
        [ "$3" != "$1" ] || kill -KILL "$process" 2>/dev/null
      done
      kill -KILL "$1" 2>/dev/null
    }
    await_cloud_init() {
      [ "$cloud_init_ms" -gt 0 ] || return 0
      command -v cloud-init >/dev/null 2>&1 || { echo 'absent' >cloud-init; return 0; }
      cloud-init status --wait </dev/null >cloud-init.said 2>/dev/null &
      waiter=$!
      clock
      until=$((ms + cloud_init_ms)) pause=0.02
      while look $waiter && [ "${facts%% *}" != Z ]; do
        [ ! -e cancel ] || { verdict=cancelled; break; }
        clock
        [ "$ms" -lt "$until" ] || break
        nap $pause
        pause=0.2
      done
      if look $waiter && [ "${facts%% *}" != Z ]; then
        end $waiter
        wait $waiter
        echo 'running' >cloud-init
        return 0
      fi
      wait $waiter
      code=$? said=
      while read -r line || [ -n "$line" ]; do
        case $line in *status:*) said=${line##*status:} ;; esac
      done <cloud-init.said
      echo "ended $code $said" >cloud-init
    }
    # Whether /proc tells us the exit status of the script: not that of another user without CAP_SYS_PTRACE.
    trusted() {
      [ ! -O "/proc/$child" ] || return 0
      while read -r name bits; do
        if [ "$name" = CapEff: ]; then [ "$((0x$bits >> 19 & 1))" = 1 ]; return; fi
      done </proc/self/status
      return 1
    }
    perform() {
      case $needed in
        /*) [ -x "$needed" ] ;;
        *) command -v "$needed" >/dev/null 2>&1 ;;
      esac || { kind=missing; return; }
      mkfifo output.pipe error.pipe || { kind=full; return; }
      own_session=
      command -v setsid >/dev/null 2>&1 && own_session=1
      while read -r name since _; do [ "$name" = btime ] && break; done </proc/stat
      clock
      begin=$ms
      echo $((${since:-0} + ms / 1000)) >started || { kind=full; return; }
      count_kills
      killed_before=$kills
      (exec <output.pipe >/dev/null; keep stdout) &
      output_keeper=$!
      (exec <error.pipe >/dev/null; keep stderr) &
      error_keeper=$!
      (
        if [ -n "$own_session" ]; then setsid /bin/sh ./begin </dev/null >output.pipe 2>error.pipe &
        else /bin/sh ./begin </dev/null >output.pipe 2>error.pipe &
        fi
        # Not yet the script: it waits for us to be `sleep`.
        echo $! >child || { kill -KILL $!; exit 1; }
        exec sleep 2147483647
      ) </dev/null >/dev/null 2>&1 &
      holder=$!
      while ! { read -r child <child; } 2>/dev/null; do
        look $holder && [ "${facts%% *}" != Z ] || { kind=full; end $output_keeper; end $error_keeper; return; }
        nap 0.005
      done
      struck=0
      while look "$child" && [ "${facts%% *}" != Z ]; do
        clock
        if [ -z "$verdict" ]; then
          if [ -e cancel ]; then verdict=cancelled
          elif [ $((ms - begin)) -ge "$timeout_ms" ]; then verdict=timeout
          fi
          if [ -n "$verdict" ]; then strike TERM; struck=$ms; fi
        elif [ $((ms - struck)) -ge "$grace_ms" ]; then strike KILL
        fi
        # A script that has run for long is looked at less often.
        pause=$((ms - begin))
        if [ $pause -lt 200 ]; then nap 0.01
        elif [ $pause -lt 2000 ]; then nap 0.05
        elif [ $pause -lt 10000 ]; then nap 0.2
        elif [ $pause -lt 60000 ] || [ -n "$verdict" ]; then nap 0.5
        else nap 1
        fi
      done
      clock
      elapsed=$((ms - begin))
      kind=lost
      if [ -n "$facts" ] && trusted; then
        set -- $facts
        status=${50:-}
        if [ -n "$status" ]; then
          if [ $((status & 127)) = 0 ]; then kind=exited value=$((status >> 8 & 255))
          else kind=signaled value=$((status & 127))
          fi
        fi
      fi
      if [ -n "$verdict" ]; then
        kind=$verdict tries=0
        # Those that took no notice of TERM, or that the script left behind.
        while strike KILL && [ $tries -lt 50 ]; do
          tries=$((tries + 1))
          nap 0.02
        done
      fi
      count_kills
      killed=$((kills - killed_before))
      # A daemon that holds the script's output open shall not keep us.
      clock
      until=$((ms + 1000))
      while [ ! -e stdout.end ] || [ ! -e stderr.end ]; do
        clock
        [ "$ms" -lt "$until" ] || break
        nap 0.01
      done
      [ -e stdout.end ] || end $output_keeper
      [ -e stderr.end ] || end $error_keeper
      kill -KILL $holder
    }
    killed=0
    await_cloud_init
    if [ -z "$verdict" ] && [ ! -e cancel ]; then perform; else kind=cancelled; fi
    wait
    full=0
    if [ -e stdout.full ] || [ -e stderr.full ]; then full=1; fi
    add_up stdout
    output_total=$total
    add_up stderr
    # On a full disk this makes room for the ending.
    rm -f begin env body *.pipe cloud-init.said
    tries=0
    while ! { echo "$kind $value $elapsed $killed $full $output_total $total ." >exit.new; } 2>/dev/null; do
      # A disk without room for one line: somebody has to make room, or the ending cannot be told.
      tries=$((tries + 1))
      [ $tries -lt 3000 ] && [ -d "$folder" ] || exit 1
      nap 0.2
    done
    mv -f exit.new exit

    """#

  /// What becomes the script. `program` sets $1 and so on to the interpreter, its argument and the script.
  static let begin = #"""
    # A shell might reap us; sleep does not.
    turns=0
    while read -r name <"/proc/$PPID/comm" && [ "$name" != sleep ] && [ $turns -lt 100000 ]; do
      turns=$((turns + 1))
    done
    unset ENV LC_ALL OLDPWD SSH_CLIENT SSH_CONNECTION SSH_TTY SSH_AUTH_SOCK turns name 2>/dev/null
    LANG=C.UTF-8
    export LANG
    . ./env || exit 126
    : >./env
    cd ./work || exit 126
    umask 022
    exec "$@"

    """#
}
