# Shared by up, seed and down.
port=${DJH_PORT:-8474}
state=${DJH_STATE:-${XDG_STATE_HOME:-$HOME/.local/state}/ticketty-live/django-helpdesk}
mkdir -p "$state/log" "$state/db" "$state/media"
state=$(CDPATH= cd -- "$state" && pwd)
venv=$state/venv
pidfile=$state/pid
base=http://127.0.0.1:$port
export DJH_STATE="$state" DJANGO_SETTINGS_MODULE=desk.settings PYTHONPATH="$here" \
    PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8 LC_ALL=C.UTF-8
say() { echo "django-helpdesk: $*" >&2; }
# The process must still be ours: a process number can be used again after a reboot.
alive() { [ -s "$pidfile" ] && ps -o args= -p "$(cat "$pidfile")" 2>/dev/null | grep -qE 'gunicorn|setsid|nohup'; }
