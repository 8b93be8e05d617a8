-- Gives back a token that was not spent.
--
-- KEYS[1], ARGV[1-4]  see bucket.lua

tokens = math.min(burst, tokens + 1)
keep()
return 1
