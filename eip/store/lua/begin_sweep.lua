-- A sweep begins, unless another has begun since this one was asked for.
--
-- KEYS[1]  hash    epoch
-- ARGV[1]  string  epoch
-- ARGV[2]  number  when it was asked for, in milliseconds
--
-- Answers 1 or 0.

if tonumber(redis.call('HGET', KEYS[1], 'swept_at') or '0') > tonumber(ARGV[2]) then
  return 0
end
return redis.call('HSET', KEYS[1], 'swept_at', now) and 1
