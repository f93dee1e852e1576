# Shared by up and down: a Debian of its own in $REDMINE_STATE/debian, in which ../redmine does its work.
port=${REDMINE_PORT:-8476}
state=${REDMINE_STATE:-$here/../../../target/live/redmine6}
mkdir -p "$state/log"
state=$(CDPATH= cd -- "$state" && pwd)
root=$state/debian
suite=${DEBIAN_SUITE:-trixie} # Redmine 6.0
say() { echo "redmine6: $*" >&2; }

# Runs a command in there. What is mounted for it nobody else sees, so that the folder may be removed at any time.
inside() {
    unshare --mount sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$root" \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/live LC_ALL=C.UTF-8 REDMINE_STATE=/live REDMINE_PORT="$port" \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        ${no_proxy:+no_proxy="$no_proxy"} "$@"
}
