-- Which history this is: made with the database, and anew when it is restored or imported; '' until the server is opened.
ALTER TABLE progress ADD COLUMN epoch TEXT NOT NULL DEFAULT '';

-- What each room's messages must come to, so that a changed or missing one is found.
CREATE TABLE digest (
    room TEXT    NOT NULL PRIMARY KEY,
    seq  INTEGER NOT NULL,                 -- of the newest message in it
    hash BLOB    NOT NULL                  -- over all of them, see chat.Hash.Follow
) STRICT, WITHOUT ROWID;
