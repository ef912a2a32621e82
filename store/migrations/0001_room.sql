-- How far the log was applied: one row.
CREATE TABLE progress (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    node  TEXT    NOT NULL,                -- this server's NodeID, made once
    place INTEGER NOT NULL,
    time  INTEGER NOT NULL,                -- Unix nanoseconds
    hash  BLOB    NOT NULL
) STRICT;

-- What the rules need to know, each entity whole.
CREATE TABLE entity (
    kind  TEXT NOT NULL,
    key   TEXT NOT NULL,
    value TEXT NOT NULL,                   -- JSON
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

-- Every room's history.
CREATE TABLE message (
    room TEXT    NOT NULL,
    seq  INTEGER NOT NULL,
    time INTEGER NOT NULL,                 -- Unix nanoseconds
    kind TEXT    NOT NULL,
    nick TEXT    NOT NULL,
    text TEXT    NOT NULL,
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;
