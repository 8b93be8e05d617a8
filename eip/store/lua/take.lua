-- Takes a token, or promises one: the bucket goes below zero, and the caller waits for its own token.
--
-- KEYS[1], ARGV[1-4]  see bucket.lua
-- ARGV[5]  number  milliseconds that the caller will wait at most
--
-- Answers {1, milliseconds to wait}, or {0, milliseconds until the caller's turn} when the wait would be
-- longer; callers that are sent away get turns one after another.

local wait = math.max(0, (1 - tokens) / rate * 1000)
if wait <= tonumber(ARGV[5]) then
  tokens = tokens - 1
  keep()
  return { 1, math.ceil(wait) }
end
local mine = math.max(turn, now + wait)
turn = mine + 1000 / rate
keep()
return { 0, math.ceil(mine - now) }
