-- Where a message stands in the log, who wrote it and what it answers; 0 where nothing is known.
ALTER TABLE message ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN author INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN reply INTEGER NOT NULL DEFAULT 0;

-- The changes of messages after they were written: which one (seq), and the newest one then (born).
CREATE TABLE amendment (
    room TEXT    NOT NULL,
    rev  INTEGER NOT NULL,                 -- the room's revision that this led to
    seq  INTEGER NOT NULL,
    born INTEGER NOT NULL,
    PRIMARY KEY (room, rev)
) STRICT, WITHOUT ROWID;

-- All that a commit writes besides messages stands in this table, and so on few pages. The row
-- without kind and key is the log's; the others are entities, each whole.
CREATE TABLE state (
    kind  TEXT    NOT NULL,
    key   TEXT    NOT NULL,
    value TEXT    NOT NULL,                -- JSON
    seq   INTEGER,                         -- of a room: of its newest message
    sum   BLOB,                            -- of a room: over its messages; of the log: over all rows
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

INSERT INTO state (kind, key, value) SELECT kind, key, value FROM entity;
DROP TABLE entity;
DROP TABLE digest;
DROP TABLE progress;
