-- Reads a bucket without spending from it.
--
-- KEYS[1], ARGV[1-4]  see bucket.lua
--
-- Answers {thousandths of a token, thousandths of a token a second}.

return { math.floor(tokens * 1000), math.floor(rate * 1000) }
