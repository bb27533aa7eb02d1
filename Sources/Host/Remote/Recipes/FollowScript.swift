/// What runs at the other end of a connection: begins a run, or finds it, and prints what there is of it, as `RunReader`
/// reads it. Constants, as in `SupervisorScript`.
///
/// A VM may be slow to start what it was sent: its host is gone by then, another one has had the run and removed it. So
/// nothing begins before the host, asked at that moment, says that it still wants that (`permission`); and `remove` ends
/// those who asked before.
enum FollowScript {
  /// Makes the run's folder and starts its supervisor; needs the function `write`, which writes its files.
  static let begin = #"""
    refuse() {
      case $1 in
        *'No space left'*|*'quota exceeded'*) echo 'refused full' ;;
        *) printf 'refused folder %.200s\n' "$(printf %s "$1" | tr '\n' ' ')" ;;
      esac
      exit 0
    }
    begin() {
      [ ! -d "$folder" ] || return 0
      echo ready
      read -r word <&6 && [ "$word" = "begin $run" ] || exit 0
      mkdir -p "$home/runs" 2>/dev/null || refuse "$(mkdir -p "$home/runs" 2>&1)"
      if mkdir "$folder" 2>/dev/null; then
        cd "$folder" || refuse 'it cannot be entered'
        if ! write 2>/dev/null; then
          # It never began, so that it may be tried again.
          cd /
          rm -rf "$folder"
          rmdir "$home/runs" "$home" 2>/dev/null
          refuse 'No space left'
        fi
        if command -v setsid >/dev/null 2>&1; then setsid /bin/sh ./supervisor </dev/null >/dev/null 2>&1 6<&- &
        else /bin/sh ./supervisor </dev/null >/dev/null 2>&1 6<&- &
        fi
      elif [ ! -d "$folder" ]; then refuse "$(mkdir "$folder" 2>&1)"
      fi
    }

    """#

  /// Prints the run from two offsets on, until it has ended.
  static let follow = #"""
    interrupted() {
      echo "interrupted $1"
      exit 0
    }
    # send LETTER DESCRIPTOR OFFSET COUNT: prints so many bytes of an open file. Sets sent.
    send() {
      sent=$4
      [ "$sent" -gt 0 ] || return 1
      [ "$sent" -le 8388608 ] || sent=8388608
      echo "$1 $3 $sent"
      [ "$sent" -lt 65536 ] || dd bs=65536 count=$((sent / 65536)) <&"$2" 2>/dev/null
      [ $((sent % 65536)) = 0 ] || dd bs=$((sent % 65536)) count=1 <&"$2" 2>/dev/null
      quiet=0
    }
    # skip DESCRIPTOR COUNT
    skip() { [ "$2" -le 0 ] || dd bs=1 skip="$2" count=0 <&"$1" >/dev/null 2>&1; }
    # send_tail LETTER NAME OFFSET TOTAL: what is kept beyond the head.
    send_tail() {
      for file in $(ls -d "$2".[0-9]* 2>/dev/null | sort -t . -k 2 -n); do
        first=${file##*.}
        measure "$file"
        last=$((first + size)) from=$first
        [ "$from" -ge $(($4 - tail)) ] || from=$(($4 - tail))
        [ "$from" -ge "$3" ] || from=$3
        [ "$from" -lt "$last" ] || continue
        exec 5<"$file"
        skip 5 $((from - first))
        while send "$1" 5 "$from" $((last - from)); do from=$((from + sent)); done
      done
    }
    follow() {
      cd "$folder" 2>/dev/null || interrupted vanished
      clock
      until=$((ms + start_ms)) pause=0.005 quiet=0
      while [ ! -d work ]; do
        [ -d "$folder" ] || interrupted vanished
        clock
        if [ "$ms" -gt "$until" ]; then
          # From here on it cannot begin: who makes this folder decides.
          mkdir work 2>/dev/null && { echo 'refused cut'; exit 0; }
        fi
        nap $pause
        pause=0.02 quiet=$((quiet + 1))
        [ $quiet -lt 250 ] || { echo alive; quiet=0; }
      done
      echo attached
      exec 3<stdout 4<stderr || interrupted vanished
      skip 3 "$output_at"
      skip 4 "$error_at"
      boot= mine= init= since= quiet=0
      clock
      heard=$ms
      { read -r boot <"$boot_id"; read -r mine <boot; } 2>/dev/null
      while :; do
        over=
        # Looked at before the sizes, so that all that came before the end is seen; life before the end, for the same reason.
        watched || { over=killed; { read -r boot <"$boot_id"; } 2>/dev/null; }
        [ "$boot" = "$mine" ] || over=rebooted
        [ -d "$folder" ] || interrupted vanished
        [ ! -e exit ] || over=ended
        [ -n "$init" ] || { { read -r init <cloud-init; } 2>/dev/null && printf 'cloud-init %.100s\n' "$init"; }
        [ -n "$since" ] || { { read -r since <started; } 2>/dev/null && echo "running $since"; }
        set -- $(LC_ALL=C ls -lnd stderr stdout)
        [ $# -ge 18 ] || interrupted vanished
        shown=${14} idle=1
        if send e 4 "$error_at" $(($5 - error_at)); then error_at=$((error_at + sent)) idle=; fi
        if send o 3 "$output_at" $((shown - output_at)); then output_at=$((output_at + sent)) idle=; fi
        clock
        if [ -z "$idle" ]; then heard=$ms
        else
          [ -z "$over" ] || break
          # Where nothing has come for long, it is looked for less often: by time, since a busy VM has none to spare.
          pause=$((ms - heard)) turns=1
          if [ $pause -lt 150 ]; then nap 0.005
          elif [ $pause -lt 1500 ]; then nap 0.05
          elif [ $pause -lt 10000 ]; then nap 0.2
          elif [ $pause -lt 30000 ]; then turns=2; nap 0.5
          else turns=5; nap 1
          fi
          quiet=$((quiet + turns))
          # A sign of life every few seconds.
          [ $quiet -lt 25 ] || { echo alive; quiet=0; }
        fi
      done
      [ "$over" = ended ] || interrupted "$over"
      read -r line <exit
      set -- $line
      [ "$#" = 8 ] || interrupted vanished
      send_tail e stderr "$error_at" "$7"
      send_tail o stdout "$output_at" "$6"
      echo "ended $line"
    }

    """#

  /// Ends a run, or keeps it from ever beginning.
  static let cancel = #"""
    cancel() {
      mkdir -p "$home/runs" || exit 1
      mkdir "$folder" 2>/dev/null
      cd "$folder" || exit 1
      if mkdir work 2>/dev/null; then
        : >>stdout
        : >>stderr
        echo 'cancelled 0 0 0 0 0 0 .' >exit.new && mv -f exit.new exit || exit 1
      fi
      : >cancel
    }

    """#

  /// Exit code of `remove` for a run that still goes on.
  static let isRunning: Int32 = 3

  /// Removes all that is ours on the VM; not while a run goes on.
  static let remove = #"""
    # Ends those who were sent to begin the run, and have not. Shells leave out the zeros between the words.
    call_off() {
      for process in /proc/[0-9]*; do
        words=
        { read -r words <"$process/cmdline"; } 2>/dev/null
        case $words in *"sh-s$run"|*"sh -s $run") kill -KILL "${process#/proc/}" 2>/dev/null ;; esac
      done
    }
    # Ends what a killed supervisor left: our own processes, which are in the folder, and in this boot the script's session.
    sweep() {
      child=- boot= mine=
      { read -r boot <"$boot_id"; read -r mine <"$folder/boot"; } 2>/dev/null
      [ "$boot" != "$mine" ] || { read -r child <"$folder/child"; } 2>/dev/null
      for process in /proc/[0-9]*; do
        look "${process#/proc/}" || continue
        set -- $facts
        if [ "$process/cwd" -ef "$folder" ] || [ "$4" = "$child" ]; then kill -KILL "${process#/proc/}" 2>/dev/null; fi
      done
    }
    remove() {
      call_off
      [ -d "$folder" ] || return 0
      if [ ! -e "$folder/exit" ]; then
        watched && exit 3
        sweep
      fi
      rm -rf "$folder"
      rmdir "$home/runs" "$home" 2>/dev/null
      [ ! -e "$folder" ]
    }

    """#
}
