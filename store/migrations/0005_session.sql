-- Sessions have the IDs of chat.SessionID, as text `node/life/n`, and datagram clients' addresses in
-- a field of their own. The tables stay; the program rewrites the rows.
SELECT 1;
