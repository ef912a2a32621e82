-- Rooms that were removed, of which not all messages are deleted: those up to a place in the log. A
-- room that is made again under the name has later ones.
CREATE TABLE leftover (
    room  TEXT    NOT NULL PRIMARY KEY,
    place INTEGER NOT NULL                 -- of the record that removed the room
) STRICT, WITHOUT ROWID;
