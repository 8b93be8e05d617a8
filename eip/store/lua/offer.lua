-- A lent address is free, as a sweep has seen: the first that waits for it is woken.
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  zset    due: uid -> when to look again
-- KEYS[3]  hash    borrowed: allocation id -> uid of the pod that has it
-- KEYS[4+] zset    the lines that it may be given to
-- ARGV[1]  string  epoch
-- ARGV[2]  string  allocation id

if not borrower(KEYS[3], ARGV[2]) then
  for i = 4, #KEYS do
    wake_next(KEYS[i], KEYS[2])
  end
end
return 1
