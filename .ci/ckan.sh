#!/usr/bin/env bash
# A real CKAN 2.12 on this machine, for the tests of publishing:  .ci/ckan.sh start | stop | status
#
# PostgreSQL and Redis come from Debian, CKAN from the package index into an environment of its own (it pins some sixty versions, and xloader declares none of what it needs);
# where Solr would stand is ../shared/tools/ckan/minisolr.py. Everything lies in .tools/ckan and listens on loopback only;
# .tools/ckan/ready.json tells the tests its address and a token that is good there and nowhere else.
set -euo pipefail
cd "$(dirname "$0")/.."
ROOT=$PWD
HOME_DIR=${CKAN_HOME:-$ROOT/.tools/ckan}
SOLR=${CKAN_SOLR:-$ROOT/../shared/tools/ckan/minisolr.py}
POSTGRES_PORT=${CKAN_POSTGRES_PORT:-5599} REDIS_PORT=${CKAN_REDIS_PORT:-6399} SOLR_PORT=${CKAN_SOLR_PORT:-8999} PORT=${CKAN_PORT:-5055}
INI=$HOME_DIR/ckan.ini
CKAN=$HOME_DIR/venv/bin/ckan
LOGS=$HOME_DIR/log

say() { echo "ckan: $*"; }

# PostgreSQL refuses to be root; anybody else is himself.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

# Start a program that stays, and keep its number.
keep() {
    local name=$1
    shift
    setsid "$@" >"$LOGS/$name.log" 2>&1 </dev/null &
    echo $! >"$HOME_DIR/$name.pid"
}

is_up() { [ -f "$HOME_DIR/$1.pid" ] && kill -0 "$(cat "$HOME_DIR/$1.pid")" 2>/dev/null; }

wait_for() {
    # A busy machine needs minutes to load CKAN.
    for _ in $(seq 600); do
        if curl -fsS -o /dev/null "$1" 2>/dev/null; then return; fi
        sleep 0.5
    done
    say "$1 does not answer; see $LOGS" >&2
    exit 1
}

# A mirror that is not there is told at once.
APT=(-qq -o Acquire::Retries=1 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=120)

find_postgres() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1; }

install_all() {
    if [ -z "$(find_postgres)" ] || ! command -v redis-server >/dev/null; then
        say "PostgreSQL and Redis from Debian"
        apt-get "${APT[@]}" update
        DEBIAN_FRONTEND=noninteractive apt-get "${APT[@]}" install -y --no-install-recommends postgresql redis-server >/dev/null
    fi
    if [ ! -f "$HOME_DIR/installed" ]; then
        say "CKAN 2.12 into $HOME_DIR/venv"
        rm -rf "$HOME_DIR/venv"
        python3 -m venv "$HOME_DIR/venv"
        UV_NO_CONFIG=1 .tools/uv/bin/uv pip install --quiet --python "$HOME_DIR/venv/bin/python" \
            'ckan[requirements]==2.12.0' 'setuptools<81' 'ckanext-dcat>=2.4,<3' 'ckanext-scheming>=3.1,<4' 'ckanext-xloader>=2.2,<3' 'chardet<6' tabulator unidecode six
        touch "$HOME_DIR/installed"
    fi
}

start_stores() {
    local bin
    bin=$(find_postgres)
    if [ ! -d "$HOME_DIR/postgres" ]; then
        install -d -m 700 "$HOME_DIR/postgres"
        if [ "$(id -u)" = 0 ]; then chown postgres "$HOME_DIR/postgres"; fi
        as_postgres "$bin/initdb" -D "$HOME_DIR/postgres" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 >/dev/null
    fi
    if ! as_postgres "$bin/pg_ctl" -D "$HOME_DIR/postgres" status >/dev/null; then
        # Not fit to survive a power cut, and half as slow: it holds what a test made.
        as_postgres "$bin/pg_ctl" -D "$HOME_DIR/postgres" -w -l "$HOME_DIR/postgres/log" \
            -o "-p $POSTGRES_PORT -h 127.0.0.1 -k $HOME_DIR/postgres -c fsync=off" start >/dev/null
    fi
    is_up redis || keep redis redis-server --port "$REDIS_PORT" --bind 127.0.0.1 --save '' --dir "$HOME_DIR"
    is_up solr || keep solr python3 "$SOLR" --port "$SOLR_PORT" --db "$HOME_DIR/solr.db" \
        --schema "$(echo "$HOME_DIR"/venv/lib/python3*/site-packages/ckan/config/solr/schema.xml)"
}

PSQL=(psql -q -h 127.0.0.1 -p "$POSTGRES_PORT" -U postgres -v ON_ERROR_STOP=1)
export PGOPTIONS='-c client_min_messages=warning'

configure() {
    [ -f "$HOME_DIR/ready.json" ] && return
    say "databases and configuration"
    local databases=postgresql://ckan@127.0.0.1:$POSTGRES_PORT
    "${PSQL[@]}" -c 'DROP DATABASE IF EXISTS ckan' -c 'DROP DATABASE IF EXISTS datastore'
    "${PSQL[@]}" -c 'DROP ROLE IF EXISTS reader' -c 'DROP ROLE IF EXISTS ckan'
    "${PSQL[@]}" -c 'CREATE ROLE ckan LOGIN' -c 'CREATE ROLE reader LOGIN'
    "${PSQL[@]}" -c 'CREATE DATABASE ckan OWNER ckan' -c 'CREATE DATABASE datastore OWNER ckan'
    wait_for "http://127.0.0.1:$SOLR_PORT/solr/ckan/schema?wt=schema.xml"
    CKAN_PSQL="${PSQL[*]}" "$HOME_DIR/venv/bin/python" .ci/ckan_setup.py "$INI" "http://127.0.0.1:$PORT" \
        "sqlalchemy.url=$databases/ckan" "ckan.datastore.write_url=$databases/datastore" \
        "ckan.datastore.read_url=postgresql://reader@127.0.0.1:$POSTGRES_PORT/datastore" \
        "ckan.redis.url=redis://127.0.0.1:$REDIS_PORT/0" \
        "solr_url=http://127.0.0.1:$SOLR_PORT/solr/ckan" "ckan.storage_path=$HOME_DIR/storage" \
        "ckan.plugins=activity datastore xloader scheming_datasets dcat structured_data resource_proxy datatables_view text_view" \
        "scheming.dataset_schemas=ckanext.dcat.schemas:dcat_ap_full.yaml" \
        "scheming.presets=ckanext.scheming:presets.json ckanext.dcat.schemas:presets.yaml" \
        "ckanext.dcat.rdf.profiles=euro_dcat_ap_3" "ckanext.xloader.formats=csv" \
        "ckanext.xloader.jobs_db.uri=$databases/ckan" "ckan.max_resource_size=500" >"$LOGS/configure.log" 2>&1 || {
        say "it could not be configured:" >&2
        tail -20 "$LOGS/configure.log" >&2
        exit 1
    }
}

start() {
    if [ ! -f "$SOLR" ]; then
        say "SKIPPED: $SOLR is not here, and CKAN does not run without a Solr" >&2
        exit 3
    fi
    mkdir -p "$LOGS"
    [ -f .tools/.gitignore ] || echo '*' >.tools/.gitignore
    install_all
    start_stores
    configure
    is_up ckan || keep ckan "$CKAN" -c "$INI" run --host 127.0.0.1 --port "$PORT" --disable-reloader
    is_up worker || keep worker "$CKAN" -c "$INI" jobs worker
    wait_for "http://127.0.0.1:$PORT/api/3/action/status_show"
    # Somebody else's may have answered there.
    for name in ckan worker solr redis; do
        is_up "$name" || { say "$name ended at once; is its port taken? See $LOGS/$name.log" >&2; exit 1; }
    done
    say "up at http://127.0.0.1:$PORT; .ci/ckan.sh stop ends it"
}

stop() {
    for name in worker ckan solr redis; do
        if is_up "$name"; then kill -- "-$(cat "$HOME_DIR/$name.pid")" 2>/dev/null || true; fi
        rm -f "$HOME_DIR/$name.pid"
    done
    if [ -d "$HOME_DIR/postgres" ]; then
        as_postgres "$(find_postgres)/pg_ctl" -D "$HOME_DIR/postgres" -m fast stop >/dev/null 2>&1 || true
    fi
    say "down"
}

case ${1:-} in
    start) start ;;
    stop) stop ;;
    status) for name in redis solr ckan worker; do is_up "$name" && say "$name up" || say "$name down"; done ;;
    *) sed -n 2,6p "$0" >&2; exit 2 ;;
esac
