-- 0003-lookups: what the views are asked by finds its rows by an index.

-- for each generation

-- Finds a stream by stream_key of the views. Grows with the streams, not with
-- their events.
CREATE INDEX stream_key@ ON stream@ (coalesce(key_text, key));

-- Finds the gaps of a state: the open ones are few among those that were
-- filled.
CREATE INDEX gap_state@ ON gap@ (state);

-- end
