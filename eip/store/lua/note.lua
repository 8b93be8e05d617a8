-- Notes what one worker found out for all, until it is noted again or too old to be said.
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  string  what was found out, as JSON
-- ARGV[1]  string  epoch
-- ARGV[2]  string  JSON
-- ARGV[3]  number  milliseconds for which it holds

return redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
