#!/bin/sh
# Start Kouji with its web page, or end it:   ./start_app.sh [--host H] [--port P] [--gpu] [--stop]
#
# One instance at a time: a second start ends the first. Process id and logs lie in the folder of Kouji's data.
set -eu

usage() {
    echo "usage: ./start_app.sh [--host ADDRESS] [--port NUMBER] [--gpu] [--stop]"
    echo "  --host   where to listen; 127.0.0.1 is this machine alone, 0.0.0.0 everybody who reaches it"
    echo "  --port   7860 unless given"
    echo "  --gpu    use a graphics card where one answers"
    echo "  --stop   end what runs, and start nothing"
}

say() { echo "kouji: $*"; }
fail() { echo "kouji: $*" >&2; exit 1; }

here=$(cd "$(dirname "$0")" && pwd)
host=${KOUJI_HOST:-127.0.0.1}
port=${KOUJI_PORT:-7860}
gpu=no
stop=no
while [ $# -gt 0 ]; do
    case $1 in
        --host | --port)
            [ $# -ge 2 ] || { usage >&2; fail "$1 needs a value."; }
            if [ "$1" = --host ]; then host=$2; else port=$2; fi
            shift 2 ;;
        --host=*) host=${1#*=}; shift ;;
        --port=*) port=${1#*=}; shift ;;
        --gpu) gpu=yes; shift ;;
        --stop) stop=yes; shift ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; fail "There is no option $1." ;;
    esac
done
case $port in
    '' | *[!0-9]*) fail "The port must be a number: $port" ;;
esac

data=${KOUJI_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/kouji}
logs=$data/logs
pid_file=$data/start_app.pid
mkdir -p "$logs"

# The process of the file, if it is still the one that we started: a number may belong to another program by now.
running() {
    [ -f "$pid_file" ] || return 1
    pid=$(cat "$pid_file")
    case $pid in '' | *[!0-9]*) return 1 ;; esac
    kill -0 "$pid" 2>/dev/null || return 1
    { tr '\0' ' ' <"/proc/$pid/cmdline" || ps -p "$pid" -o args=; } 2>/dev/null | grep -q 'kouji.* serve'
}

end_it() {
    say "ending the instance that runs (process $pid)"
    kill "$pid" 2>/dev/null || true
    n=0
    while kill -0 "$pid" 2>/dev/null && [ "$n" -lt 100 ]; do
        sleep 0.2
        n=$((n + 1))
    done
    if kill -0 "$pid" 2>/dev/null; then
        say "it does not end by itself after 20 s; ending it the hard way"
        kill -9 "$pid" 2>/dev/null || true
    fi
    rm -f "$pid_file"
}

if running; then
    end_it
elif [ "$stop" = yes ]; then
    say "nothing runs"
fi
rm -f "$pid_file"
[ "$stop" = no ] || exit 0

# The command: of this folder's environment, else on the path, else installed here now.
kouji=
if [ -x "$here/.venv/bin/kouji" ]; then
    if "$here/.venv/bin/python" -c 'import fastapi, gradio' 2>/dev/null; then kouji=$here/.venv/bin/kouji; fi
elif command -v kouji >/dev/null 2>&1; then
    kouji=$(command -v kouji)
fi
if [ -z "$kouji" ]; then
    python=${PYTHON:-python3}
    command -v "$python" >/dev/null 2>&1 || fail "Python 3.11 or newer is needed."
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "Python 3.11 or newer is needed."
    say "installing into $here/.venv (once; a few minutes)"
    [ -x "$here/.venv/bin/pip" ] || "$python" -m venv "$here/.venv"
    "$here/.venv/bin/pip" --disable-pip-version-check install --quiet --editable "$here[serve,ui]" \
        || fail "It could not be installed; see the message above."
    kouji=$here/.venv/bin/kouji
fi

if [ "$gpu" = yes ]; then
    if command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L 2>/dev/null | grep -q GPU; then
        say "a graphics card answers; engines that can use one will"
    else
        say "no graphics card answers; using the processor"
        CUDA_VISIBLE_DEVICES=
        export CUDA_VISIBLE_DEVICES
    fi
else
    CUDA_VISIBLE_DEVICES=
    export CUDA_VISIBLE_DEVICES
fi

shown=$host
case $host in 0.0.0.0 | ::) shown=127.0.0.1 ;; esac
answers() {
    if command -v curl >/dev/null 2>&1; then
        curl -fs -o /dev/null --max-time 2 "http://$shown:$port/health"
    else
        python3 -c 'import sys, urllib.request as r; r.urlopen(sys.argv[1], timeout=2)' \
            "http://$shown:$port/health" 2>/dev/null
    fi
}
if answers; then
    fail "Something else answers at http://$shown:$port/ already; choose another port with --port."
fi

log=$logs/$(date +%Y-%m-%d_%H-%M-%S).log
OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} nohup "$kouji" serve --host "$host" --port "$port" >"$log" 2>&1 </dev/null &
pid=$!
echo "$pid" >"$pid_file"
ls -t "$logs"/*.log 2>/dev/null | tail -n +11 | while read -r old; do rm -f "$old"; done

say "starting; the log is $log"
n=0
until answers; do
    if ! kill -0 "$pid" 2>/dev/null; then
        rm -f "$pid_file"
        tail -n 5 "$log" >&2
        fail "It ended at once; the last lines of its log stand above."
    fi
    n=$((n + 1))
    [ "$n" -lt 300 ] || fail "It does not answer after a minute; see $log"
    sleep 0.2
done
say "http://$shown:$port/ is ready; end it with ./start_app.sh --stop"
