-- EC2 answered RequestLimitExceeded: the bucket is empty, and fills at half the rate; the rate is cut
-- at most once a second, for many calls may hear of the same shortage.
--
-- KEYS[1], ARGV[1-4]  see bucket.lua

tokens = math.min(tokens, 0)
if now - cut_at >= 1000 then
  rate = math.max(slowest, rate / 2)
  cut_at = now
end
keep()
return 1
