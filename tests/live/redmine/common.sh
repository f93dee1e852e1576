# Shared by up, seed and down.
port=${REDMINE_PORT:-8475}
state=${REDMINE_STATE:-$here/../../../target/live/redmine}
mkdir -p "$state/log" "$state/db" "$state/outbox"
state=$(CDPATH= cd -- "$state" && pwd)
app=$state/app
inst=$app/instances/default
pidfile=$state/pid
base=http://127.0.0.1:$port
# Fixed keys: the server is a throw-away one that listens on loopback only.
key_admin=c0ffee00000000000000000000000000000000ad
export RAILS_ENV=production BUNDLE_GEMFILE="$app/Gemfile" BUNDLE_APP_CONFIG="$state/bundle" \
    BUNDLE_USER_HOME="$state/bundle-home" BUNDLE_SILENCE_ROOT_WARNING=1 RUBYOPT="-W0" \
    LANG=C.UTF-8 LC_ALL=C.UTF-8
unset REDMINE_INSTANCE X_DEBIAN_SITEID 2>/dev/null || true
say() { echo "redmine: $*" >&2; }
# The process must still be ours: a process number can be used again after a reboot.
alive() { [ -s "$pidfile" ] && ps -o args= -p "$(cat "$pidfile")" 2>/dev/null | grep -qE 'puma|setsid|nohup|bundle'; }
