# Shared settings for the scripts in this folder. Sourced, never run.
#
#   RT_PORT     port of the web server on 127.0.0.1         (default 8473)
#   RT_STATE    folder for the database, logs, pid and env  (default target/live/rt)
#   RT_DB       sqlite | pg                                 (default sqlite)
#   RT_PG_PORT  port of the private PostgreSQL for RT_DB=pg (default RT_PORT + 1)
#   RT_WORKERS  web server processes                        (default 6)
#   RT_TZ       server time zone as RT knows it             (default UTC)
#   RT_HOME     an RT installed from its sources, such as 6 (default: the Debian package)

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

RT_PORT=${RT_PORT:-8473}
RT_DB=${RT_DB:-sqlite}
RT_PG_PORT=${RT_PG_PORT:-$((RT_PORT + 1))}
RT_WORKERS=${RT_WORKERS:-6}
RT_TZ=${RT_TZ:-UTC}
RT_STATE=${RT_STATE:-$here/../../../target/live/rt}
mkdir -p "$RT_STATE"
RT_STATE=$(cd "$RT_STATE" && pwd)

base_url=http://127.0.0.1:$RT_PORT
if [ -n "${RT_HOME:-}" ]; then
    rt_server=$RT_HOME/sbin/rt-server rt_setup=$RT_HOME/sbin/rt-setup-database rt_mailgate=$RT_HOME/bin/rt-mailgate
    export RT_LIB=$RT_HOME/lib
else
    rt_server=/usr/share/request-tracker5/libexec/rt-server
    rt_setup=/usr/sbin/rt-setup-database-5 rt_mailgate=rt-mailgate-5
    export RT_LIB=/usr/share/request-tracker5/lib
fi

export RT_SITE_CONFIG=$RT_STATE/RT_SiteConfig.pm
export RT_SITE_CONFIG_DIR=$RT_STATE/site.d
export RT_PORT RT_STATE RT_DB
# RT's mail gate asks the server too, and by no proxy.
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

say() { printf '%s\n' "rt: $*" >&2; }
die() { say "$*"; exit 1; }

# alive PIDFILE: true when the process named in the file still runs and is the
# one we started (its command line must contain the second argument).
alive() {
    local pid
    [ -s "$1" ] || return 1
    pid=$(head -n1 "$1")
    [ -r "/proc/$pid/cmdline" ] || return 1
    tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$2"
}

pg_bin() {
    local d
    for d in /usr/lib/postgresql/*/bin; do
        [ -x "$d/initdb" ] && printf '%s\n' "$d"
    done | sort -V | tail -n1
}

# PostgreSQL refuses to run as root, so root hands it to the packaged account.
as_pg() {
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}
