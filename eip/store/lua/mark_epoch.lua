-- Notes that the claims of this epoch were filled from one of their sources.
--
-- KEYS[1]  hash    epoch        fields: epoch, run_id, refilled, listed, fence, swept_at, newest, ahead
-- ARGV[1]  string  epoch
-- ARGV[2]  string  'refilled' or 'listed'

return redis.call('HSET', KEYS[1], ARGV[2], 1)
