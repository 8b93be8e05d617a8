-- Replaces the addresses that a sweep found nobody for.
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  hash    suspects: allocation id -> since when, in milliseconds
-- ARGV[1]  string  epoch
-- ARGV[2+]         pairs of allocation id and time

redis.call('DEL', KEYS[2])
for i = 2, #ARGV, 2 do
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
return (#ARGV - 1) / 2
