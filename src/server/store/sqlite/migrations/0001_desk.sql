-- The desk. Times are unix milliseconds, flags 0 or 1, lists JSON in text. Ids start at 1001.

CREATE TABLE agent (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    login      TEXT NOT NULL,
    name       TEXT NOT NULL,
    email      TEXT NOT NULL,
    email_key  TEXT NOT NULL,
    color      BIGINT NOT NULL,
    role       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    removed_at BIGINT
);
CREATE UNIQUE INDEX agent_login ON agent (login) WHERE removed_at IS NULL;

CREATE TABLE queue (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL,
    name_key     TEXT NOT NULL UNIQUE,
    reply_within BIGINT NOT NULL,
    created_at   BIGINT NOT NULL
);

CREATE TABLE member (
    queue BIGINT NOT NULL REFERENCES queue (id),
    agent BIGINT NOT NULL REFERENCES agent (id),
    PRIMARY KEY (queue, agent)
) WITHOUT ROWID;

CREATE TABLE token (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    agent      BIGINT NOT NULL REFERENCES agent (id),
    name       TEXT NOT NULL,
    hash       BLOB NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    used_at    BIGINT,
    expires_at BIGINT
);

-- Everything a list shows stands in the row. `rank` and `sort_key` are the place in "what needs a hand first":
-- 1 late (by due), 2 waits on us (by oldest unanswered message), then by last change: 3 active, 4 snoozed, 5 resolved,
-- 6 closed; 7 is a pointer to the ticket it was folded into.
CREATE TABLE ticket (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    version         BIGINT NOT NULL,
    subject         TEXT NOT NULL,
    status          TEXT NOT NULL,
    priority        TEXT NOT NULL,
    queue           BIGINT NOT NULL REFERENCES queue (id),
    assignee        BIGINT REFERENCES agent (id),
    assigned_at     BIGINT,
    requester_name  TEXT NOT NULL,
    requester_email TEXT NOT NULL,
    requester_phone TEXT,
    email_key       TEXT NOT NULL,
    tel_key         TEXT NOT NULL,
    labels          TEXT NOT NULL,
    category        TEXT,
    channel         TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    snoozed_until   BIGINT,
    waiting_since   BIGINT,
    due_at          BIGINT,
    on_us           BIGINT NOT NULL,
    late            BIGINT NOT NULL,
    messages        BIGINT NOT NULL,
    split_from      BIGINT REFERENCES ticket (id),
    split_into      TEXT NOT NULL,
    merged_into     BIGINT REFERENCES ticket (id),
    imported        BIGINT NOT NULL,
    touched         BIGINT NOT NULL,
    held            BIGINT NOT NULL,
    rank            BIGINT NOT NULL,
    sort_key        BIGINT NOT NULL
);
CREATE INDEX ticket_queue ON ticket (queue, rank, sort_key, id);
CREATE INDEX ticket_held ON ticket (queue, held, rank, sort_key, id);
CREATE INDEX ticket_assignee ON ticket (assignee, rank, sort_key, id);
CREATE INDEX ticket_due ON ticket (due_at) WHERE on_us = 1 AND late = 0;
CREATE INDEX ticket_email ON ticket (email_key, created_at, id);
CREATE INDEX ticket_tel ON ticket (tel_key, created_at, id);
CREATE INDEX ticket_created ON ticket (created_at);
CREATE INDEX ticket_updated ON ticket (updated_at DESC, id);

CREATE TABLE ticket_label (
    ticket BIGINT NOT NULL REFERENCES ticket (id),
    label  TEXT NOT NULL,
    PRIMARY KEY (label, ticket)
) WITHOUT ROWID;

CREATE TABLE message (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket       BIGINT NOT NULL REFERENCES ticket (id),
    number       BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    author_name  TEXT NOT NULL,
    author_email TEXT NOT NULL,
    author_phone TEXT,
    agent        BIGINT REFERENCES agent (id),
    at           BIGINT NOT NULL,
    subject      TEXT,
    to_list      TEXT NOT NULL,
    cc_list      TEXT NOT NULL,
    bcc_list     TEXT NOT NULL,
    from_html    BIGINT NOT NULL,
    excerpt_of   TEXT,
    delivery     TEXT,
    broken       TEXT,
    created_at   BIGINT NOT NULL,
    text         TEXT NOT NULL
);
CREATE INDEX message_ticket ON message (ticket, number);
CREATE INDEX message_replies ON message (at, agent) WHERE kind = 'reply';

-- What a message was made from, kept whole: its HTML part, and the raw mail.
CREATE TABLE html (
    message BIGINT NOT NULL PRIMARY KEY REFERENCES message (id),
    body    TEXT NOT NULL
);

-- A mail's identity: its Message-ID, else the SHA-256 of its bytes. Further copies with other bytes stand beside the first.
CREATE TABLE mail (
    identity TEXT NOT NULL PRIMARY KEY,
    message  BIGINT NOT NULL REFERENCES message (id)
);
CREATE TABLE raw (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    message  BIGINT NOT NULL REFERENCES message (id),
    sha      BLOB NOT NULL,
    bytes    BLOB NOT NULL,
    UNIQUE (message, sha)
);
-- The ids that a message bears (its own) or cites; a ticket owns them through its messages.
CREATE TABLE mail_ref (
    mail_id TEXT NOT NULL,
    message BIGINT NOT NULL REFERENCES message (id),
    bears   BIGINT NOT NULL,
    PRIMARY KEY (mail_id, message)
) WITHOUT ROWID;

CREATE TABLE attachment (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    message    BIGINT REFERENCES message (id),
    ticket     BIGINT REFERENCES ticket (id),
    agent      BIGINT REFERENCES agent (id),
    name       TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size       BIGINT NOT NULL,
    inline     BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    bytes      BLOB NOT NULL
);
CREATE INDEX attachment_message ON attachment (message);
CREATE INDEX attachment_waiting ON attachment (expires_at) WHERE message IS NULL;

-- The desk's log. `before` is the ticket before the event; undo and paging read it. `moved` says what a split or merge moved.
CREATE TABLE event (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket       BIGINT NOT NULL REFERENCES ticket (id),
    at           BIGINT NOT NULL,
    actor        BIGINT REFERENCES agent (id),
    what         TEXT NOT NULL,
    from_text    TEXT,
    to_text      TEXT,
    message      BIGINT REFERENCES message (id),
    queue        BIGINT NOT NULL,
    queue_before BIGINT,
    undoes       BIGINT REFERENCES event (id),
    undone       BIGINT NOT NULL DEFAULT 0,
    moved        TEXT,
    before       TEXT
);
CREATE INDEX event_ticket ON event (ticket, id);

-- Counts are kept, never counted: each write changes them in its own transaction. Assignee 0 is nobody.
CREATE TABLE tally (
    queue    BIGINT NOT NULL,
    assignee BIGINT NOT NULL,
    status   TEXT NOT NULL,
    on_us    BIGINT NOT NULL,
    late     BIGINT NOT NULL,
    n        BIGINT NOT NULL,
    PRIMARY KEY (queue, assignee, status, on_us, late)
) WITHOUT ROWID;
CREATE TABLE label_tally (
    queue BIGINT NOT NULL,
    label TEXT NOT NULL,
    n     BIGINT NOT NULL,
    PRIMARY KEY (queue, label)
) WITHOUT ROWID;

CREATE TABLE idem (
    token      BIGINT NOT NULL,
    scope      TEXT NOT NULL,
    idem_key   TEXT NOT NULL,
    body_hash  BLOB NOT NULL,
    answer     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (token, scope, idem_key)
) WITHOUT ROWID;
CREATE INDEX idem_age ON idem (created_at);

-- Full text, one document a ticket; rowid is the ticket's id. Words are cut in Rust (pairs for Chinese, Japanese, Korean).
CREATE VIRTUAL TABLE words USING fts5 (body, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2', detail = 'full');

INSERT INTO sqlite_sequence (name, seq) VALUES ('agent', 1000), ('queue', 1000), ('ticket', 1000), ('message', 1000), ('attachment', 1000);
